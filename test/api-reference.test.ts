// The API reference, which `npm run docs` writes, leaves nothing out: every public name, option
// and field of the three entries has its docstring, every option says its default.
import { fileURLToPath } from 'node:url';
import {
  Application,
  type DeclarationReflection,
  Logger,
  LogLevel,
  type ProjectReflection,
  ReflectionKind,
} from 'typedoc';
import { beforeAll, describe, expect, it } from 'vitest';

class Collector extends Logger {
  readonly messages: string[] = [];
  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.messages.push(message);
  }
}

const collector = new Collector();
let project: ProjectReflection;
beforeAll(async () => {
  const options = fileURLToPath(new URL('../docs/typedoc.json', import.meta.url));
  const app = await Application.bootstrap({ options });
  app.logger = collector;
  const converted = await app.convert();
  if (!converted) throw new Error(`typedoc failed: ${collector.messages.join('\n')}`);
  project = converted;
  app.validate(project);
}, 300_000);

describe('the API reference', () => {
  it('names nothing that has no docstring, refers to nothing that is not public', () => {
    expect(collector.messages).toEqual([]);
  });

  it('holds the three entries', () => {
    expect(project.children?.map(({ name }) => name)).toEqual(['index', 'node', 'worker']);
  });

  it('states the default of every option that may be left out, and that the others may not', () => {
    const interfaces = project.getReflectionsByKind(ReflectionKind.Interface);
    const options = interfaces.filter(({ name }) => name.endsWith('Options'));
    expect(options.length).toBeGreaterThan(10);
    const silent = options.flatMap((one) => {
      const fields = (one as DeclarationReflection).children ?? [];
      return fields
        .filter((field) => {
          const text = (field.comment?.summary ?? []).map((part) => part.text).join('');
          return !(field.flags.isOptional ? /\bdefault\b/i : /\brequired\b/i).test(text);
        })
        .map((field) => field.getFullName());
    });
    expect(silent).toEqual([]);
  });
});
