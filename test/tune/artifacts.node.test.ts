// Bytes of another realm, as a frame or a vm context makes them, are bytes.
import { runInNewContext } from 'node:vm';
import { createStudy, memoryArtifactStore } from 'sluice';
import { expect, it } from 'vitest';
import { expectError } from '../support/errors.js';

const foreign = (): Uint8Array => runInNewContext('new Uint8Array([1, 2, 3])');

it('an artifact may be of another realm; what is no Uint8Array is refused', async () => {
  const store = memoryArtifactStore();
  expect(foreign()).not.toBeInstanceOf(Uint8Array);
  await store.write('a', foreign());
  expect(Array.from((await store.read('a')) ?? [])).toEqual([1, 2, 3]);
  for (const wrong of [[1, 2], 'abc', new Float32Array(2), { length: 1 }]) {
    await expectError(() => store.write('a', wrong as never), 'bad-option', 'must be a Uint8Array');
  }
});

it('a trial goes on from bytes of another realm, saved and read', async () => {
  const inner = memoryArtifactStore();
  const artifactStore = {
    ...inner,
    read: async (id: string) => (await inner.read(id)) && foreign(),
  };
  const study = await createStudy({ artifactStore });
  const control = new AbortController();
  const space = () => ({});
  await expectError(
    () =>
      study.optimize({
        space,
        totalTrials: 1,
        signal: control.signal,
        objective: async (_, trial) => {
          await trial.report(1, 0);
          await trial.save(foreign(), 0);
          control.abort();
          throw trial.signal.reason;
        },
      }),
    'aborted',
  );
  const seen: number[][] = [];
  await study.optimize({
    space,
    totalTrials: 1,
    objective: (_, trial) => {
      seen.push(Array.from(trial.checkpoint?.bytes ?? []));
      return 1;
    },
  });
  expect(seen).toEqual([[1, 2, 3]]);
});
