// The GRU with both reset orders: against the float64 twin at odd sizes, against PyTorch and Keras
// (test/fixtures/pytorch/gru.py), and against itself.
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/pytorch/gru.json' with { type: 'json' };
import { type GruShape, gruBackward, gruForward } from '../reference/gru.js';
import { gradientError } from '../support/gradient.js';
import { GruRun, gruCase } from '../support/gru.js';
import { builds, maxDifference } from '../support/kernels.js';
import { pad4, padRows } from '../support/lstm.js';

// No multiple of a vector, a tile, a group of 16 units or a chunk, and the ones; then such multiples.
const shapes: GruShape[] = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 1, T: 7, I: 3, H: 5 },
  { B: 2, T: 3, I: 7, H: 9 },
  { B: 3, T: 9, I: 5, H: 13 },
  { B: 5, T: 2, I: 9, H: 33 },
  { B: 9, T: 5, I: 33, H: 2 },
  { B: 33, T: 9, I: 17, H: 21 },
  { B: 131, T: 2, I: 3, H: 5 },
  { B: 13, T: 21, I: 6, H: 18 },
  { B: 4, T: 40, I: 16, H: 16 },
  { B: 7, T: 11, I: 12, H: 32 },
];
const large: GruShape[] = [
  { B: 2, T: 2, I: 5, H: 517 },
  { B: 521, T: 3, I: 3, H: 5 },
  { B: 1, T: 1031, I: 2, H: 3 },
  { B: 129, T: 35, I: 1, H: 2 },
];
const lengthsOf = ({ B, T }: GruShape) =>
  Array.from({ length: B }, (_, b) => (b * 7 + 1) % (T + 1));
const orders = [
  ['reset after', true],
  ['reset before', false],
] as const;
const name = ({ B, T, I, H }: GruShape) => `B ${B}, T ${T}, I ${I}, H ${H}`;

// As for the LSTM (lstm.test.ts): a few times what rounding and the activations amount to.
const U = 2 ** -24;
const forwardTolerance = ({ T, I, H }: GruShape) =>
  Math.sqrt(T) * (4e-7 + U * Math.sqrt(I + H + 1));
const tolerance = (shape: GruShape, reference: ArrayLike<number>, terms: number) => {
  const size = Array.from(reference).reduce((max, v) => Math.max(max, Math.abs(v)), 1);
  return size * (2 * forwardTolerance(shape) + U * Math.sqrt(terms));
};
const parts = ['kernel', 'recurrent', 'bias', 'dX', 'dh0'] as const;
const floats = (values: readonly number[]) => Float32Array.from(values);

describe.each(orders)('the float64 twin, %s', (_, after) => {
  it.each([undefined, [3, 1]])('has the gradients of finite differences: lengths %s', (lengths) => {
    const shape = { B: 2, T: 3, I: 2, H: 3 };
    const { x, weights, h0, dOut, dhLast } = gruCase(shape, after);
    const inputs = { x, h0, ...weights };
    const values = Object.fromEntries(
      Object.entries(inputs).map(([key, from]) => [key, Float64Array.from(from)]),
    ) as Record<keyof typeof inputs, Float64Array>;
    const run = () => gruForward(shape, after, values.x, values, values.h0, lengths);
    const loss = () => {
      const { h } = run();
      let sum = 0;
      dOut.forEach((d, n) => {
        sum += d * h[6 + n];
      });
      for (let n = 0; n < 6; n++) sum += (dhLast as Float32Array)[n] * h[18 + n];
      return sum;
    };
    const ends = { dhLast: dhLast as Float32Array, lengths };
    const found = gruBackward(shape, after, values.x, values, run(), dOut, ends);
    expect(gradientError(loss, values.x, found.dX)).toBeLessThan(1e-8);
    expect(gradientError(loss, values.h0, found.dh0)).toBeLessThan(1e-8);
    for (const key of ['kernel', 'recurrent', 'bias'] as const) {
      expect(gradientError(loss, values[key], found[key]), key).toBeLessThan(1e-8);
    }
  });
});

describe.each(builds)('gru, %s build', (build) => {
  describe.each(orders)('%s', (_, after) => {
    const cases = [
      ...[...shapes, ...large].map((shape) => [name(shape), shape, false, false] as const),
      ...shapes.map((shape) => [`${name(shape)}, the last step`, shape, true, false] as const),
      ...shapes.map((shape) => [`${name(shape)}, with lengths`, shape, false, true] as const),
    ];
    it.each(cases)('equals the float64 twin: %s', (_, shape, last, masked) => {
      const { B, T, H } = shape;
      const lengths = masked ? lengthsOf(shape) : undefined;
      const problem = { ...gruCase(shape, after, last), lengths };
      const { x, weights, h0, dhLast } = problem;
      const trace = gruForward(shape, after, x, weights, h0, lengths);
      const dOut = new Float64Array(T * B * H);
      dOut.set(problem.dOut, dOut.length - problem.dOut.length);
      const ends = { dhLast: dhLast as Float32Array, lengths };
      const expected = gruBackward(shape, after, x, weights, trace, dOut, ends);
      const run = new GruRun(build, problem);
      expect(maxDifference(run.forward(), trace.h.subarray(B * H))).toBeLessThan(
        forwardTolerance(shape),
      );
      const found = run.backward();
      for (const key of parts) {
        const terms = key.startsWith('d') ? 3 * H : T * B;
        const bound = tolerance(shape, expected[key], terms);
        expect(maxDifference(found[key], expected[key]), key).toBeLessThan(bound);
      }
      expect(run.arena.damaged()).toEqual([]);
    });

    const keras = after ? 'keras_after' : 'keras_before';
    it.each([...(after ? (['whole', 'packed'] as const) : []), keras, `${keras}_masked`] as const)(
      'agrees with PyTorch and Keras: %s',
      (kind) => {
        const truth = fixture[kind as 'whole'];
        const { B, T, H } = fixture;
        const ofKeras = kind.startsWith('keras');
        const lengths = /masked|packed/.test(kind) ? fixture.lengths : undefined;
        const run = new GruRun(build, {
          ...fixture,
          resetAfter: after,
          lengths,
          x: floats(fixture.x),
          weights: {
            kernel: fixture.kernel,
            recurrent: fixture.recurrent,
            bias: after ? fixture.bias : fixture.bias.slice(0, 3 * H),
          },
          h0: floats(fixture.h0),
          dOut: floats(ofKeras ? fixture.dOut : truth.asked),
          ...(ofKeras ? {} : { dhLast: floats(fixture.dh) }),
        });
        const h = run.forward();
        const bound = 2 * forwardTolerance(fixture);
        if (kind === 'packed') {
          const last = h.subarray((T - 1) * B * H);
          expect(maxDifference(last, Float64Array.from(truth.hn))).toBeLessThan(bound);
        } else expect(maxDifference(h, Float64Array.from(truth.out))).toBeLessThan(bound);
        const found = run.backward();
        for (const key of parts) {
          const expected = Float64Array.from(truth[key]);
          const allowed = 2 * tolerance(fixture, expected, 64);
          expect(maxDifference(found[key], expected), key).toBeLessThan(allowed);
        }
      },
    );

    it.each(shapes.map((shape) => [name(shape), shape] as const))(
      'is in two calls what it is in one, and in inference what it is in training: %s',
      (_, shape) => {
        const { B, T, I, H } = shape;
        const lengths = lengthsOf(shape);
        const problem = { ...gruCase(shape, after), lengths };
        const whole = new GruRun(build, problem).forward();
        const cut = Math.floor(T / 2);
        const run = new GruRun(build, problem);
        expect(run.forward([cut, T - cut])).toEqual(whole);
        const { arena, at } = run;
        const k = arena.kernels;
        const Hp = pad4(H);
        const x = arena.put('x', padRows(problem.x, I, pad4(I)));
        const xh = arena.alloc('state', B * (pad4(I) + Hp));
        const out = arena.alloc('h', T * B * Hp);
        const mask = arena.alloc('lengths', B);
        new Int32Array(k.memory.buffer, mask, B).set(lengths);
        const scratch = arena.alloc('scratch', k.gruInferScratchFloats(B, H));
        k.gruSetState(B, I, H, arena.put('h0', padRows(problem.h0, H, Hp)), Hp, xh);
        for (const [from, steps] of [
          [0, cut],
          [cut, T - cut],
        ]) {
          k.gruInfer(
            ...([B, steps, I, H, after ? 1 : 0, x + 4 * from * B * pad4(I), pad4(I), xh] as const),
            ...([at.w, at.b, out + 4 * from * B * Hp, 1, mask, from, scratch] as const),
          );
        }
        const rows = arena.floats(out, T * B * Hp);
        const h = Float32Array.from(whole, (_, n) => rows[Math.floor(n / H) * Hp + (n % H)]);
        expect(h).toEqual(whole);
      },
    );

    it('computes no gradients of frozen weights, and all others as before', () => {
      const shape = { B: 7, T: 11, I: 6, H: 21 };
      const free = new GruRun(build, gruCase(shape, after));
      free.forward();
      const frozen = new GruRun(build, { ...gruCase(shape, after), frozen: true });
      frozen.forward();
      const [found, expected] = [frozen.backward(), free.backward()];
      expect([found.dX, found.dh0]).toEqual([expected.dX, expected.dh0]);
      expect(found.kernel.every(Number.isNaN)).toBe(true);
    });

    it('packs and unpacks every weight', () => {
      for (const H of [1, 4, 7, 16, 18, 33]) {
        const { weights, ...rest } = gruCase({ B: 1, T: 1, I: 3, H }, after);
        const { arena, at } = new GruRun(build, { weights, ...rest });
        const sizes = [9 * H, 3 * H * H, (after ? 6 : 3) * H];
        const places = sizes.map((size) => arena.alloc('back', size)) as [number, number, number];
        arena.kernels.gruUnpack(3, H, after ? 1 : 0, at.w, at.b, ...places);
        const back = places.map((place, i) => arena.floats(place, sizes[i]).slice());
        expect(back).toEqual([weights.kernel, weights.recurrent, weights.bias]);
      }
    });
  });
});
