import { describe, expect, it } from 'vitest';
import type { WebWorkerLike } from '../../src/workers/channel.js';
import { browserChannel, browserSpawner } from '../../src/workers/spawn-browser.js';

const hint =
  "() => new Worker(new URL('./objective.worker.ts', import.meta.url), { type: 'module' })";
const source = `export const text = '${'x'.repeat(3000)}';`;

/** What a bundler makes of `new URL('./objective.worker.ts', import.meta.url)` that it takes for a file. */
const inlined = `data:video/mp2t;base64,${btoa(source)}`;

/** What the channel tells of a worker whose script raises such an event. */
function deathOf(event: Partial<ErrorEvent>, script?: string): string {
  const listeners = new Map<string, (event: unknown) => void>();
  const worker = {
    addEventListener: (type: string, listener: (event: unknown) => void) =>
      void listeners.set(type, listener),
  } as unknown as WebWorkerLike;
  let what = '';
  browserChannel(worker, script).onDeath((told) => {
    what = told;
  });
  listeners.get('error')?.({ preventDefault() {}, ...event });
  return what;
}

describe('a script that a bundler has copied as it stands', () => {
  it.each([
    inlined,
    new URL(inlined),
    'data:,const = 1',
    'data:application/octet-stream;base64,AA==',
  ])('is refused with a hint, and not shown whole', (script) => {
    let message = '';
    try {
      browserSpawner(script);
    } catch (error) {
      expect(error).toMatchObject({ name: 'SluiceError', code: 'bad-option' });
      message = (error as Error).message;
    }
    expect(message).toContain('is no JavaScript; in a bundled page, hand over a function');
    expect(message).toContain(hint);
    expect(message.length).toBeLessThan(400);
  });

  it('is taken where it is JavaScript', () => {
    for (const type of ['text/javascript', 'application/javascript', 'text/ecmascript']) {
      expect(browserSpawner(`data:${type};charset=utf-8,1`)).toBeTypeOf('function');
    }
    expect(browserSpawner('https://example.org/objective.worker.js')).toBeTypeOf('function');
  });

  it('that cannot be loaded comes with the hint, too', () => {
    const url = 'https://example.org/assets/objective.worker-4a2b.ts';
    expect(deathOf({}, url)).toMatch(`could not load ${url}: missing, of a wrong MIME type`);
    expect(deathOf({}, url)).toContain(hint);
    expect(deathOf({}, `data:text/javascript,${source}`).length).toBeLessThan(500);
    expect(deathOf({})).toMatch(/^could not load its script: .* \(the console says which\)$/);
    const failed = {
      message: 'Uncaught Error: no',
      filename: `data:text/javascript,${source}`,
      lineno: 3,
    };
    expect(deathOf(failed)).toMatch(/^failed with Error: no \(data:text.* characters\):3\)$/);
  });
});
