// Dropout and zoneout within the loop of the GRU, against the float64 twin under the same masks and its central differences.
import { describe, expect, it } from 'vitest';
import { type GruDrops, type GruShape, gruForward } from '../reference/gru.js';
import { type GruCase, GruRun, gruCase } from '../support/gru.js';
import { builds, maxDifference, noise } from '../support/kernels.js';

// ones; odd ones; past a group of units; past a tile of inputs and a chunk of steps
const shapes: GruShape[] = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 3, T: 5, I: 3, H: 5 },
  { B: 2, T: 3, I: 5, H: 17 },
  { B: 45, T: 4, I: 19, H: 18 },
];
const kinds = ['masks', 'zoneout', 'both'] as const;

/** Factors of which some are 0, and units of which some stay as they are. */
function dropsOf({ B, T, I, H }: GruShape, kind: string): GruDrops {
  const some = (n: number, seed: number, value: number) =>
    noise(n, 1, seed).map((v) => (v < -0.3 ? 0 : value));
  const masks = some(B * 3 * (I + H), 21, 1.5);
  const keepH = some(T * B * H, 22, 1);
  return { ...(kind !== 'zoneout' && { masks }), ...(kind !== 'masks' && { keepH }) };
}

// as in drops.test.ts: roundings u = 2^-24, sums of n terms sqrt(n) u, activations 4e-7, steps sqrt(T); 1.5 of a mask
const tolerance = ({ T, I, H }: GruShape) =>
  8 * 1.5 * Math.sqrt(T) * (4e-7 + 2 ** -24 * Math.sqrt(I + H + 1));

type Values = Record<'kernel' | 'recurrent' | 'bias' | 'dX' | 'dh0', Float64Array>;

/** The loss of the twin where one of its values is another one. */
function lossOf(problem: GruCase) {
  const { B, T, H, resetAfter, x, h0, weights, dOut, dhLast, last, lengths, drops } = problem;
  const of = (values: Partial<Values>) => {
    const own = { ...weights, ...values };
    const { h } = gruForward(
      problem,
      resetAfter,
      values.dX ?? x,
      own,
      values.dh0 ?? h0,
      lengths,
      {},
      drops,
    );
    const from = (last ? T : 1) * B * H;
    let loss = 0;
    dOut.forEach((d, n) => {
      loss += d * h[from + n];
    });
    dhLast?.forEach((d, n) => {
      loss += d * h[T * B * H + n];
    });
    return loss;
  };
  const start = { ...weights, dX: x, dh0: h0 };
  return (key: keyof Values, direction: Float32Array) => {
    const at = (by: number) =>
      of({ [key]: Float64Array.from(start[key], (v, n) => v + by * direction[n]) });
    return (at(1e-5) - at(-1e-5)) / 2e-5;
  };
}

describe.each(builds)('drops of the GRU, %s build', (build) => {
  const cases = [true, false].flatMap((after) =>
    kinds.flatMap((kind) =>
      shapes.flatMap((shape) => [false, true].map((last) => [after, kind, shape, last] as const)),
    ),
  );
  it.each(cases)('reset after %s, %s, %o, the last step alone %s', (after, kind, shape, last) => {
    const { B, T, H } = shape;
    for (const masked of [false, true]) {
      const lengths = masked ? Array.from({ length: B }, (_, b) => (b * 7) % (T + 1)) : undefined;
      const problem: GruCase = {
        ...gruCase(shape, after, last),
        lengths,
        drops: dropsOf(shape, kind),
      };
      const { x, weights, h0, drops } = problem;
      const run = new GruRun(build, problem);
      const outputs = run.forward();
      const { h } = gruForward(shape, after, x, weights, h0, lengths, {}, drops);
      expect(maxDifference(outputs, h.subarray(B * H))).toBeLessThan(tolerance(shape));
      if (T > 1) expect(run.forward([1, T - 1])).toEqual(outputs);
      const found = run.backward();
      const along = lossOf(problem);
      for (const [key, gradient] of Object.entries(found)) {
        const direction = noise(gradient.length, 1, 100);
        const slope = along(key as keyof Values, direction);
        const sum = gradient.reduce((total, g, n) => total + g * direction[n], 0);
        const size = Math.sqrt(gradient.reduce((total, g) => total + g * g, 0));
        expect(Math.abs(sum - slope), key).toBeLessThan(
          Math.max(1, size) * (8 * tolerance(shape) + 1e-7),
        );
      }
      expect(run.arena.damaged()).toEqual([]);
      const frozen = new GruRun(build, { ...problem, frozen: true });
      frozen.forward();
      const { dX, dh0 } = frozen.backward();
      expect([dX, dh0]).toEqual([found.dX, found.dh0]);
    }
  });

  it.each([true, false])('masks of zoneout that keep nothing are none, to the bit: %s', (after) => {
    const shape = { B: 3, T: 4, I: 5, H: 18 };
    const plain = new GruRun(build, gruCase(shape, after));
    const keepH = new Float32Array(4 * 3 * 18).fill(1);
    const run = new GruRun(build, { ...gruCase(shape, after), drops: { keepH } });
    expect(run.forward()).toEqual(plain.forward());
    expect(run.backward()).toEqual(plain.backward());
  });

  it.each([true, false])('inference takes the mean: %s', (after) => {
    const shape = { B: 3, T: 5, I: 3, H: 18 };
    for (const lengths of [undefined, [5, 2, 0]]) {
      const problem = { ...gruCase(shape, after), lengths, drops: { rateH: 0.3 } };
      const { x, weights, h0, drops } = problem;
      const { h } = gruForward(shape, after, x, weights, h0, lengths, {}, drops);
      const run = new GruRun(build, problem);
      const found = run.infer([5]);
      expect(maxDifference(found, h.subarray(3 * 18))).toBeLessThan(tolerance(shape));
      expect(run.infer([2, 3])).toEqual(found);
      expect(run.arena.damaged()).toEqual([]);
    }
  });
});
