// Arrays of another realm (a frame of a page, a context of Node) are no instances of our classes.
import { runInNewContext } from 'node:vm';
import { type TensorLike, tensor } from 'sluice';
import { expect, it } from 'vitest';
import { expectError } from '../support/errors.js';

const foreign = (code: string) => runInNewContext(code) as TensorLike;

it('tensor takes arrays of another realm as it takes its own', () => {
  const expected = tensor([1, 2, 3, 4], [2, 2]);
  expect(tensor(foreign('[[1, 2], [3, 4]]'))).toEqual(expected);
  expect(tensor(foreign('[new Float32Array([1, 2]), [3, 4]]'))).toEqual(expected);
  expect(tensor(foreign('({ data: new Float64Array([1, 2, 3, 4]), shape: [2, 2] })'))).toEqual(
    expected,
  );
});

it.each([
  'new DataView(new ArrayBuffer(4))',
  'BigInt64Array.of(1n)',
  'new Map',
  'new ArrayBuffer(4)',
])('tensor refuses %s of another realm', async (code) => {
  await expectError(() => tensor(foreign(code)), 'bad-data', 'nested arrays');
});
