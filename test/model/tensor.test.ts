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

  it('takes rows of typed arrays, as deep as rows stand', () => {
    const rows = [Float32Array.of(1, 2), [3, 4], Float64Array.of(5, 6)];
    expect(tensor(rows)).toEqual(tensor([1, 2, 3, 4, 5, 6], [3, 2]));
    const deep = tensor([
      [Int8Array.of(1), Uint8ClampedArray.of(2)],
      [[3], Uint16Array.of(4)],
    ]);
    expect(deep).toEqual(tensor([1, 2, 3, 4], [2, 2, 1]));
    expect(tensor([new Float32Array(0)]).shape).toEqual([1, 0]);
    // later changes to the rows stay outside
    const row = Float32Array.of(1, 2);
    const made = tensor([row]);
    row.fill(9);
    expect([...made.data]).toEqual([1, 2]);
  });

  const notNumbers: [string, () => unknown][] = [
    ["'abcd'", () => 'abcd'],
    ["'1234'", () => '1234'],
    ['a String', () => new String('1234')],
    ['a Map', () => new Map([[0, 1]])],
    ['a Set', () => new Set([1, 2, 3, 4])],
    ['an ArrayBuffer', () => new ArrayBuffer(4)],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(4)],
    ['a DataView', () => new DataView(new ArrayBuffer(4))],
    ['a BigInt64Array', () => BigInt64Array.of(1n, 2n, 3n, 4n)],
    ['a BigUint64Array', () => BigUint64Array.of(1n, 2n, 3n, 4n)],
    ['an object', () => ({ length: 4, 0: 1, 1: 2, 2: 3, 3: 4 })],
    ['an Arguments', () => Function('return arguments')(1, 2, 3, 4)],
    ['a function', () => (_: 1, __: 2, ___: 3, ____: 4) => 5],
    ['null', () => null],
    ['true', () => true],
    ['4', () => 4],
    ['4', () => 4n],
  ];
  it.each(notNumbers)('refuses %s wherever numbers are expected', async (name, make) => {
    const value = make() as never;
    await expectError(() => tensor(value, [4]), 'bad-data', `is ${name}`, 'array of numbers');
    await expectError(() => tensor({ data: value, shape: [4] }), 'bad-data', `is ${name}`);
    await expectError(() => tensor(value), 'bad-data', `is ${name}`, 'nested arrays');
    if (name === '4') return;
    await expectError(() => tensor([value]), 'bad-data', /tensor\[0\] must be a number/, name);
    await expectError(() => tensor([[1], value]), 'bad-shape', /tensor\[1\].* has /, name);
  });

  it('ends arrays that hold themselves, or one another many times, with an error', async () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    await expectError(() => tensor(cyclic as never), 'bad-shape', /deeper than 32.*hold itself/);
    await expectError(() => tensor([[cyclic, cyclic]] as never), 'bad-shape', 'deeper than 32');
    const late: unknown[] = [[1]];
    late.push(late);
    await expectError(() => tensor(late as never), 'bad-shape', /tensor\[1\].*ragged/);
    for (const innermost of [[1], []]) {
      let twice: unknown[] = innermost;
      for (let i = 0; i < 31; i++) twice = [twice, twice];
      await expectError(() => tensor(twice as never), 'memory-limit', '2 x 2', 'Float32Array');
    }
    const row = new Float32Array(2 ** 16);
    await expectError(() => tensor(Array(2 ** 13).fill(row)), 'memory-limit', '8192 x 65536');
    await expectError(() => tensor(new Array(2 ** 32 - 1)), 'memory-limit', '4294967295');
    // and arrays without a number would be counted for minutes
    let bare: unknown[] = [];
    for (let axis = 0; axis < 27; axis++) bare = [bare, bare];
    await expectError(() => tensor(bare as never), 'memory-limit', '1048576 elements');
    const empty = new Array<number>(2 ** 32 - 1);
    await expectError(() => tensor(empty, [2 ** 32 - 1]), 'bad-data', 'element 0 is undefined');
    await expectError(() => tensor([1], Array(33).fill(1)), 'bad-shape', '32 at most');
    await expectError(() => tensor([1], [2 ** 40, 2 ** 40]), 'bad-shape', 'but data has 1');
  });

  it('tells of an array whose buffer went elsewhere', async () => {
    const data = new Float32Array(4);
    structuredClone(data.buffer, { transfer: [data.buffer] });
    await expectError(
      () => tensor(data, [4]),
      'bad-shape',
      'data has 0; was its buffer transferred',
    );
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
    await expectError(() => tensor(7 as never), 'bad-data', 'is 7');
    await expectError(() => tensor(null as never), 'bad-data', 'null');
    await expectError(() => tensor({ shape: [1] } as never), 'bad-data', 'an object');
  });

  it('tells typed rows of unequal lengths from typed rows beside arrays', async () => {
    const unequal = await expectError(
      () => tensor([new Float32Array(2), new Float32Array(3)]),
      'bad-shape',
      'tensor[1] must have 2 elements like its neighbours, but has 3 elements:',
    );
    expect(unequal.message).not.toContain('stand beside it');
    await expectError(
      () => tensor([[[1], [2]], new Float32Array(2)] as never),
      'bad-shape',
      '2 elements of numbers where arrays stand beside it',
    );
  });
});
