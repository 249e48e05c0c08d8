/** What every artifact store must do. Call it from the store's own test. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore } from '../../src/tune/artifacts/artifact-store.js';
import { expectError } from '../support/errors.js';

/** @param open an empty store; `again` opens the same one anew, as another process would */
export function artifactStoreContract(
  open: () => Promise<{ store: ArtifactStore; again: () => ArtifactStore }>,
): void {
  let store: ArtifactStore;
  let again: () => ArtifactStore;
  beforeEach(async () => {
    ({ store, again } = await open());
  });
  const ids = async () => [...(await again().list())].sort();
  const bytes = (...values: number[]) => Uint8Array.from(values);

  it('has nothing at first', async () => {
    expect(await store.list()).toEqual([]);
    expect(await store.read('a')).toBeUndefined();
    await store.remove('a');
  });

  it('keeps bytes under ids, and gives them back to whoever opens it', async () => {
    const large = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    await store.write('a', bytes(0, 255, 10));
    await store.write('~b.C_d-9', large);
    await store.write('empty', bytes());
    expect(await again().read('a')).toEqual(bytes(0, 255, 10));
    expect(await again().read('~b.C_d-9')).toEqual(large);
    expect(await again().read('empty')).toEqual(bytes());
    expect(await ids()).toEqual(['a', 'empty', '~b.C_d-9']);
  });

  it('replaces what stood under an id, and removes no other', async () => {
    await store.write('a', bytes(1, 2, 3));
    await store.write('b', bytes(4));
    await store.write('a', bytes(5));
    expect(await store.read('a')).toEqual(bytes(5));
    await store.remove('a');
    await store.remove('a');
    expect(await store.read('a')).toBeUndefined();
    expect(await ids()).toEqual(['b']);
    await store.write('a', bytes(6));
    expect(await again().read('a')).toEqual(bytes(6));
  });

  it('keeps what it was handed, whatever becomes of that', async () => {
    const handed = bytes(9, 1, 2, 9);
    const part = handed.subarray(1, 3);
    await store.write('a', part);
    handed.fill(7);
    const found = (await store.read('a')) as Uint8Array;
    expect(found).toEqual(bytes(1, 2));
    found.fill(7);
    expect(await store.read('a')).toEqual(bytes(1, 2));
  });

  it('has all of one or all of the other where two are written at once', async () => {
    const [one, two] = [1, 2].map((value) => new Uint8Array(100_000).fill(value));
    await Promise.all([store.write('a', one), store.write('a', two), store.write('b', one)]);
    const found = (await again().read('a')) as Uint8Array;
    expect(found).toHaveLength(100_000);
    expect(new Set(found).size).toBe(1);
    expect(await ids()).toEqual(['a', 'b']);
  });

  describe('refuses', () => {
    it.each([
      '../a',
      'a/b',
      'a\\b',
      '',
      'a.tmp',
      '.a',
      '-a',
      '_a',
      'a b',
      'ü',
      'a'.repeat(201),
      3,
      null,
    ])('the id %j', async (id) => {
      const wrong = id as string;
      const calls = [
        () => store.write(wrong, bytes(1)),
        () => store.read(wrong),
        () => store.remove(wrong),
      ];
      for (const call of calls) await expectError(call, 'bad-option', 'is no id of an artifact');
      expect(await ids()).toEqual([]);
    });

    it.each(['text', undefined, [1], new Float32Array(1), { length: 1 }])(
      'what is no Uint8Array: %j',
      async (wrong) => {
        await expectError(
          () => store.write('a', wrong as never),
          'bad-option',
          "artifact 'a' must be a Uint8Array",
        );
        expect(await ids()).toEqual([]);
      },
    );
  });
}
