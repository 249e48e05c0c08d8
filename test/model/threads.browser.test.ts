// Threads in a browser: in a worker of an isolated page, and in its main thread none.
import { layers, sequential } from 'sluice';
import { expect, it, vi } from 'vitest';

it('share a model in a worker, with the bits of one', async () => {
  const worker = new Worker(new URL('./threads.worker.ts', import.meta.url), { type: 'module' });
  const [one, two] = await new Promise<{ threads: number; weights: number[][] }[]>(
    (resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    },
  );
  worker.terminate();
  expect([one.threads, two.threads]).toEqual([1, 2]);
  expect(two.weights).toEqual(one.weights);
});

it('are one in the main thread of a page, and a note says so, once', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  for (let n = 0; n < 2; n++) {
    const model = sequential({
      layers: [layers.lstm({ units: 4, inputShape: [3, 2] })],
      threads: 2,
    });
    expect(model.threads).toBe(1);
    model.dispose();
  }
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(
        /threads: 2 runs in one thread.*main thread must not wait.*in a worker/,
      ),
    ],
  ]);
  warn.mockRestore();
});
