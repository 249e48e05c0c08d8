import { describe, expect, it } from 'vitest';
import { stage, stageClasses, stageTargets, unstage } from '../../src/model/batches.js';

const T = 2;
const F = 3;
/** Value 100 n + 10 t + f tells where it came from. */
const data = Float32Array.from({ length: 5 * T * F }, (_, i) => {
  const sample = Math.floor(i / (T * F));
  return 100 * sample + 10 * (Math.floor(i / F) % T) + (i % F);
});
const view = { pointer: 16, stride: 4 };

describe('stage', () => {
  it('lays sequences out time-major, pads rows with 0 and touches nothing else', () => {
    const floats = new Float32Array(32).fill(-1);
    stage(floats, view, data, [T, F], Uint32Array.of(4, 0, 3), 1, 2);
    expect([...floats.subarray(0, 4)]).toEqual([-1, -1, -1, -1]);
    expect([...floats.subarray(4, 8)]).toEqual([0, 1, 2, 0]);
    expect([...floats.subarray(8, 12)]).toEqual([300, 301, 302, 0]);
    expect([...floats.subarray(12, 16)]).toEqual([10, 11, 12, 0]);
    expect([...floats.subarray(16, 20)]).toEqual([310, 311, 312, 0]);
    expect([...floats.subarray(20)].every((value) => value === -1)).toBe(true);
  });

  it('takes samples in order without an order, and single rows as one step', () => {
    const floats = new Float32Array(16);
    stage(floats, { pointer: 0, stride: 8 }, data, [T * F], undefined, 2, 2);
    expect([...floats]).toEqual([
      200, 201, 202, 210, 211, 212, 0, 0, 300, 301, 302, 310, 311, 312, 0, 0,
    ]);
  });

  it('is undone by unstage', () => {
    const floats = new Float32Array(64);
    stage(floats, view, data, [T, F], undefined, 1, 3);
    const out = new Float32Array(data.length);
    unstage(floats, view, out, [T, F], 1, 3);
    const expected = data
      .slice()
      .fill(0, 0, T * F)
      .fill(0, 4 * T * F);
    expect(out).toEqual(expected);
  });
});

it('stageClasses writes one-hot rows over whatever stood there', () => {
  const floats = new Float32Array(24).fill(7);
  const classes = Float32Array.of(2, 0, 1, 1);
  stageClasses(floats, view, classes, [T, F], undefined, 0, 2);
  expect([...floats.subarray(4, 20)]).toEqual([
    ...[0, 0, 1, 0],
    ...[0, 1, 0, 0],
    ...[1, 0, 0, 0],
    ...[0, 1, 0, 0],
  ]);
  expect(floats[20]).toBe(7);
});

it('stageTargets goes by the kind of targets', () => {
  const values = new Float32Array(8);
  const hot = new Float32Array(8);
  const y = Float32Array.of(1, 2);
  const to = { pointer: 0, stride: 4 };
  const x = new Float32Array(2);
  stageTargets(values, to, { count: 2, x, y, classes: false, borrowed: [] }, [1], undefined, 0, 2);
  stageTargets(hot, to, { count: 2, x, y, classes: true, borrowed: [] }, [3], undefined, 0, 2);
  expect([...values]).toEqual([1, 0, 0, 0, 2, 0, 0, 0]);
  expect([...hot]).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
});
