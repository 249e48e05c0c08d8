/** Whether numbers are as near to a reference as float32 arithmetic can be asked to be. */
import { expect } from 'vitest';
import type { Fixture, FixtureTensor } from './fixtures.js';

/** Half a unit in the last place of 1 in float32. */
const ROUNDING = 2 ** -24;
const FACTOR = 2;
const FLOOR = 16;

type Numbers = ArrayLike<number>;

function largest(values: Numbers): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The largest difference of two arrays of the same length. */
export function distance(a: Numbers, b: Numbers): number {
  expect(a.length).toBe(b.length);
  return largest(Array.from(a, (value, index) => value - b[index]));
}

/**
 * Expects `found` within the bound of `f64/key`: twice what the reference's own float32 run
 * (`f32/key`) is off, and no less than 16 roundings of the largest value.
 */
export function expectNear(
  found: { data: Numbers; shape?: number[] },
  reference: Fixture,
  key: string,
): void {
  const truth: FixtureTensor = reference.tensor(`f64/${key}`);
  if (found.shape !== undefined) expect(found.shape).toEqual(truth.shape);
  const ownError = distance(reference.tensor(`f32/${key}`).data, truth.data);
  const bound = Math.max(FACTOR * ownError, FLOOR * ROUNDING * largest(truth.data));
  const error = distance(found.data, truth.data);
  expect(error, `${key} is off by ${error}, allowed ${bound}`).toBeLessThanOrEqual(bound);
}
