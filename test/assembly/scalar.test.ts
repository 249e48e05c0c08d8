// Against exact decimals the module's functions were found within 0.9 units in the last place,
// tanh within 1.6. The host's Math is no better, so both errors together bound the difference.
import { describe, expect, it } from 'vitest';
import { builds, instantiate, noise } from '../support/kernels.js';

const bits = new DataView(new ArrayBuffer(8));
/** Position of a number among all doubles, so that differences count units in the last place. */
function ordinal(x: number): bigint {
  bits.setFloat64(0, x);
  const raw = bits.getBigInt64(0);
  return raw < 0n ? -(raw & 0x7fffffffffffffffn) : raw;
}
function ulps(a: number, b: number): number {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
  const distance = ordinal(a) - ordinal(b);
  return Number(distance < 0n ? -distance : distance);
}

const { NaN: nan, POSITIVE_INFINITY: inf, MIN_VALUE: tiny, MAX_VALUE: huge } = Number;
const special = [0, -0, 1, -1, 0.5, -0.5, 2, 10, tiny, -tiny, huge, -huge, inf, -inf, nan];
const spread = (scale: number) => [...noise(2000, scale, 5)];
const small = [...noise(500, 1, 6)].map((v) => v * 1e-9);
const magnitudes = [...noise(2000, 300, 7)].map((v) => 10 ** v);

const unary = [
  ['mathExp', Math.exp, 2, [...spread(5), ...spread(700), ...small]],
  ['mathLog', Math.log, 2, [...magnitudes, ...spread(1).map((v) => 1 + v / 100)]],
  ['mathSin', Math.sin, 2, [...spread(4), ...spread(1e6), ...small, 1e15, 1e22, 1e300]],
  ['mathCos', Math.cos, 2, [...spread(4), ...spread(1e6), ...small, 1e15, 1e22, 1e300]],
  ['mathTanh', Math.tanh, 4, [...spread(1), ...spread(25), ...small]],
] as const;

describe.each(builds)('scalar maths, %s build', (build) => {
  const kernels = instantiate(build);

  it.each(unary)('%s agrees with the host', (name, host, limit, inputs) => {
    for (const x of [...inputs, ...special]) {
      expect(ulps(kernels[name](x), host(x)), `${name}(${x})`).toBeLessThanOrEqual(limit);
    }
  });

  it('mathPow agrees with the host', () => {
    const exponents = [...spread(3), ...spread(40)];
    const bases = magnitudes.map((v, n) => (n % 2 ? v ** 0.02 : Math.abs(exponents[n])));
    for (let n = 0; n < bases.length; n++) {
      const [x, y] = [bases[n], exponents[n]];
      expect(ulps(kernels.mathPow(x, y), x ** y), `${x} ** ${y}`).toBeLessThanOrEqual(2);
    }
    for (const x of special) {
      for (const y of [...special, 3, -3, 1e9]) {
        expect(ulps(kernels.mathPow(x, y), x ** y), `${x} ** ${y}`).toBeLessThanOrEqual(2);
      }
    }
  });
});
