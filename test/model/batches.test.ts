import { describe, expect, it } from 'vitest';
import { EngineMemory } from '../../src/engine/memory.js';
import { port } from '../../src/layers/port.js';
import { ArrayBatches } from '../../src/model/array-batches.js';
import { stage, stageClasses, unstage } from '../../src/model/batches.js';

const T = 2;
const F = 3;
const sequence = port([T, F]);
const whole = { from: 0, steps: T };
/** Value 100 n + 10 t + f tells where it came from. */
const data = Float32Array.from({ length: 5 * T * F }, (_, i) => {
  const sample = Math.floor(i / (T * F));
  return 100 * sample + 10 * (Math.floor(i / F) % T) + (i % F);
});
const view = { pointer: 16, stride: 4, lengths: 0 };

/** Memory full of a value, and its first numbers. */
function memoryOf(value: number) {
  const memory = new EngineMemory(new WebAssembly.Memory({ initial: 1 }));
  memory.floats.fill(value);
  return { memory, first: (n: number, from = 0) => [...memory.floats.subarray(from, from + n)] };
}

describe('stage', () => {
  it('lays sequences out time-major, pads rows with 0 and touches nothing else', () => {
    const { memory, first } = memoryOf(-1);
    const pick = { order: Uint32Array.of(4, 0, 3), from: 1, B: 2 };
    stage(memory, view, data, sequence, pick, whole);
    expect(first(4)).toEqual([-1, -1, -1, -1]);
    expect(first(4, 4)).toEqual([0, 1, 2, 0]);
    expect(first(4, 8)).toEqual([300, 301, 302, 0]);
    expect(first(4, 12)).toEqual([10, 11, 12, 0]);
    expect(first(4, 16)).toEqual([310, 311, 312, 0]);
    expect(first(100, 20).every((value) => value === -1)).toBe(true);
  });

  it('takes samples in order without an order, and single rows as one step', () => {
    const { memory, first } = memoryOf(0);
    const to = { pointer: 0, stride: 8, lengths: 0 };
    const pick = { order: undefined, from: 2, B: 2 };
    stage(memory, to, data, port([T * F]), pick, { from: 0, steps: 1 });
    expect(first(16)).toEqual([
      200, 201, 202, 210, 211, 212, 0, 0, 300, 301, 302, 310, 311, 312, 0, 0,
    ]);
  });

  it('takes a stretch of time', () => {
    const { memory, first } = memoryOf(-1);
    stage(memory, view, data, sequence, { order: undefined, from: 1, B: 1 }, { from: 1, steps: 1 });
    expect(first(5, 4)).toEqual([110, 111, 112, 0, -1]);
  });

  it('writes integers as such, without padding', () => {
    const { memory } = memoryOf(-1);
    const tokens = Float32Array.of(7, 2, 16777216, 0, -3, 1);
    const to = { pointer: 16, stride: 1, lengths: 0 };
    const pick = { order: undefined, from: 0, B: 2 };
    stage(memory, to, tokens, port([3], 'int32'), pick, { from: 0, steps: 3 });
    expect([...memory.integers.subarray(4, 10)]).toEqual([7, 0, 2, -3, 16777216, 1]);
  });

  it('is undone by unstage', () => {
    const { memory } = memoryOf(0);
    stage(memory, view, data, sequence, { order: undefined, from: 1, B: 3 }, whole);
    const out = new Float32Array(data.length);
    unstage(memory, view, out, sequence, 1, 3, whole);
    const expected = data
      .slice()
      .fill(0, 0, T * F)
      .fill(0, 4 * T * F);
    expect(out).toEqual(expected);
  });
});

it('stageClasses writes one-hot rows over whatever stood there', () => {
  const { memory, first } = memoryOf(7);
  const classes = Float32Array.of(2, 0, 1, 1);
  stageClasses(memory, view, classes, sequence, { order: undefined, from: 0, B: 2 }, whole);
  expect(first(17, 4)).toEqual([
    ...[0, 0, 1, 0],
    ...[0, 1, 0, 0],
    ...[1, 0, 0, 0],
    ...[0, 1, 0, 0],
    7,
  ]);
});

describe('ArrayBatches', () => {
  const one = { from: 0, steps: 1 };
  const column = (values: number[], features: number, classes = false) => ({
    data: Float32Array.from(values),
    port: port([features]),
    classes,
    borrowed: true,
  });

  it('stage targets by their kind', () => {
    const to = { pointer: 0, stride: 4, lengths: 0 };
    const pick = { order: undefined, from: 0, B: 2 };
    const targets = [column([1, 2], 1), column([1, 2], 3, true)];
    const batches = new ArrayBatches(2, [column([0, 0], 1)], targets);
    const values = memoryOf(9);
    batches.stageTarget(0, values.memory, to, pick, one);
    expect(values.first(8)).toEqual([1, 0, 0, 0, 2, 0, 0, 0]);
    batches.stageTarget(1, values.memory, to, pick, one);
    expect(values.first(8)).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
  });

  it('stage a weight for each row, of samples or of their time steps', () => {
    const { memory, first } = memoryOf(9);
    const target = { ...column([], 1), data: new Float32Array(12), port: port([3, 1]) };
    const weights = [
      { data: Float32Array.of(1, 2, 3, 4), steps: 1, borrowed: false },
      { data: Float32Array.from({ length: 12 }, (_, i) => i), steps: 3, borrowed: false },
    ];
    const batches = new ArrayBatches(4, [], [target, target], weights);
    const pick = { order: Uint32Array.of(3, 1), from: 0, B: 2 };
    const to = { pointer: 0, stride: 1, lengths: 0 };
    expect(batches.weighted).toBe(true);
    batches.stageWeights(0, memory, to, pick, { from: 0, steps: 3 });
    expect(first(7)).toEqual([4, 2, 4, 2, 4, 2, 9]);
    batches.stageWeights(1, memory, to, pick, { from: 1, steps: 2 });
    expect(first(4)).toEqual([10, 4, 11, 5]);
  });

  it("hold copies of what is the caller's alone, and slice without a copy", () => {
    const own = { ...column([5, 6], 1), borrowed: false };
    const batches = new ArrayBatches(2, [column([1, 2], 1)], [own]);
    const held = batches.held();
    expect(held).not.toBe(batches);
    expect(held.held()).toBe(held);
    const { memory, first } = memoryOf(0);
    const to = { pointer: 0, stride: 4, lengths: 0 };
    held.slice(1, 2).stageInput(0, memory, to, { order: undefined, from: 0, B: 1 }, one);
    expect(first(1)).toEqual([2]);
  });
});
