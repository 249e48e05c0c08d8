import { tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';

describe('tensor', () => {
  it('takes flat data with a shape, nested arrays and typed arrays', () => {
    expect(tensor([1, 2, 3, 4], [2, 2])).toEqual({
      data: new Float32Array([1, 2, 3, 4]),
      shape: [2, 2],
    });
    expect(tensor([[[1], [2]]]).shape).toEqual([1, 2, 1]);
    expect(tensor(new Float64Array([0.1, 2])).shape).toEqual([2]);
    expect(tensor({ data: new Int32Array([5]), shape: [1, 1] }).data[0]).toBe(5);
    expect(tensor([], [0, 3]).shape).toEqual([0, 3]);
  });

  it('takes a Float32Array as it is', () => {
    const data = new Float32Array(4);
    expect(tensor(data, [4]).data).toBe(data);
  });

  it('does not share its shape', () => {
    const shape = [2];
    const made = tensor([1, 2], shape);
    shape[0] = 3;
    expect(made.shape).toEqual([2]);
  });

  it('refuses what does not fit, naming place and numbers', async () => {
    await expectError(() => tensor([1, 2, 3], [2, 2]), 'bad-shape', /\[2, 2\] holds 4.*has 3/);
    await expectError(() => tensor([1], [1.5]), 'bad-shape', 'integers');
    await expectError(() => tensor([[1, 2], [3]]), 'bad-shape', /tensor\[1\].*2 elements.*ragged/);
    await expectError(() => tensor([[1, 2], 3]), 'bad-shape', /tensor\[1\].*ragged/);
    await expectError(() => tensor([1, [2]]), 'bad-data', /tensor\[1\].*ragged/);
    await expectError(() => tensor([['a']] as never), 'bad-data', /tensor\[0\]\[0\].*'a'/);
    await expectError(() => tensor([1, null] as never, [2]), 'bad-data', /element 1 is null/);
    await expectError(() => tensor([[1, 2]] as never, [1]), 'bad-data', /element 0 is \[1, 2\]/);
    await expectError(() => tensor(BigInt64Array.of(1n) as never), 'bad-data', /element 0 is 1/);
    await expectError(() => tensor(7 as never), 'bad-data', 'is 7');
    await expectError(() => tensor(null as never), 'bad-data', 'null');
    await expectError(() => tensor({ shape: [1] } as never), 'bad-data', 'an object');
  });
});
