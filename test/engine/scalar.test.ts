import { expect, it } from 'vitest';
import { scalar } from '../../src/engine/scalar.js';

// The bits are the contract: a trial drawn here must be drawn alike on every engine.
it('gives the same bits everywhere', () => {
  const bits = (x: number) => new BigUint64Array(new Float64Array([x]).buffer)[0].toString(16);
  const found = {
    exp: bits(scalar.exp(0.7)),
    log: bits(scalar.log(0.7)),
    pow: bits(scalar.pow(10, -2.3)),
    sin: bits(scalar.sin(2.1)),
    cos: bits(scalar.cos(2.1)),
    tanh: bits(scalar.tanh(0.7)),
  };
  expect(found).toEqual({
    exp: '40001c2a61268987',
    log: 'bfd6d3c324e13f50',
    pow: '3f7487543c6a9257',
    sin: '3feb9f693feb72fb',
    cos: 'bfe027b304989eca',
    tanh: '3fe356fb17af2e91',
  });
});

it('handles the ends of the line', () => {
  expect(scalar.exp(-1e9)).toBe(0);
  expect(scalar.exp(1e9)).toBe(Number.POSITIVE_INFINITY);
  expect(scalar.log(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(scalar.log(-1)).toBeNaN();
  expect(scalar.tanh(1e9)).toBe(1);
  expect(scalar.pow(0, 0)).toBe(1);
});
