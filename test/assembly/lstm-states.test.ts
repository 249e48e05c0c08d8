// States in and out of the LSTM, samples that end early, and weights that nobody trains: against the
// float64 twin, against PyTorch and Keras (test/fixtures/pytorch/states.py), and against itself.
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/pytorch/states.json' with { type: 'json' };
import { type LstmShape, lstmBackward, lstmForward } from '../reference/lstm.js';
import { gradientError } from '../support/gradient.js';
import { builds, maxDifference, noise } from '../support/kernels.js';
import { cutRows, LstmRun, lstmCase, pad4 } from '../support/lstm.js';

const shapes: (LstmShape & { lengths: number[] })[] = [
  { B: 1, T: 1, I: 1, H: 1, lengths: [0] },
  { B: 1, T: 7, I: 3, H: 5, lengths: [4] },
  { B: 3, T: 9, I: 5, H: 7, lengths: [9, 1, 5] },
  { B: 5, T: 6, I: 9, H: 33, lengths: [6, 0, 3, 1, 6] },
  { B: 33, T: 9, I: 17, H: 21, lengths: Array.from({ length: 33 }, (_, b) => (b * 7) % 10) },
  { B: 131, T: 3, I: 3, H: 18, lengths: Array.from({ length: 131 }, (_, b) => b % 4) },
];
const name = ({ B, T, I, H }: LstmShape) => `B ${B}, T ${T}, I ${I}, H ${H}`;

// As in lstm.test.ts: a few times what rounding and the activations amount to over T steps.
const U = 2 ** -24;
const forwardTolerance = ({ T, I, H }: LstmShape) =>
  Math.sqrt(T) * (4e-7 + U * Math.sqrt(I + H + 1));
const tolerance = (shape: LstmShape, reference: ArrayLike<number>, terms: number) => {
  const size = Array.from(reference).reduce((max, v) => Math.max(max, Math.abs(v)), 1);
  return size * (2 * forwardTolerance(shape) + U * Math.sqrt(terms));
};

/** Outputs and all gradients of a run. */
function everything(run: LstmRun, { I, H }: LstmShape) {
  run.forward();
  const h = cutRows(run.outputs(), H, pad4(H));
  const dX = cutRows(run.backward(true) as Float32Array, I, pad4(I));
  const weights = run.gradients();
  expect(run.arena.damaged()).toEqual([]);
  return { h, dX, ...weights, ...run.stateGradients() };
}

describe('the float64 twin', () => {
  it.each([undefined, [3, 1]])('has the gradients of finite differences: lengths %s', (lengths) => {
    const shape = { B: 2, T: 3, I: 2, H: 3 };
    const problem = lstmCase(shape);
    const values = (from: ArrayLike<number>) => Float64Array.from(from);
    const x = values(problem.x);
    const h0 = values(problem.h0);
    const c0 = values(problem.c0);
    const [dhLast, dcLast] = [noise(6, 1, 8), noise(6, 1, 9)];
    const run = () => lstmForward(shape, x, problem.weights, h0, c0, lengths);
    const loss = () => {
      const { h, c } = run();
      let sum = 0;
      problem.dOut.forEach((d, n) => {
        sum += d * h[6 + n];
      });
      for (let n = 0; n < 6; n++) sum += dhLast[n] * h[18 + n] + dcLast[n] * c[18 + n];
      return sum;
    };
    const ends = { dhLast, dcLast, lengths };
    const found = lstmBackward(shape, x, problem.weights, run(), problem.dOut, ends);
    expect(gradientError(loss, x, found.dX)).toBeLessThan(1e-8);
    expect(gradientError(loss, h0, found.dh0)).toBeLessThan(1e-8);
    expect(gradientError(loss, c0, found.dc0)).toBeLessThan(1e-8);
  });
});

describe.each(builds)('lstm, %s build', (build) => {
  const cases = shapes.flatMap((shape) => [
    [`${name(shape)}`, shape, undefined] as const,
    [`${name(shape)}, with lengths`, shape, shape.lengths] as const,
  ]);
  it.each(cases)('takes and gives states as the twin does: %s', (_, shape, lengths) => {
    const { B, T, H } = shape;
    const problem = lstmCase(shape);
    const ends = { dhLast: noise(B * H, 1, 8), dcLast: noise(B * H, 1, 9), lengths };
    const { x, weights, h0, c0, dOut } = problem;
    const trace = lstmForward(shape, x, weights, h0, c0, lengths);
    const expected = lstmBackward(shape, x, weights, trace, dOut, ends);
    const found = everything(new LstmRun(build, { ...problem, ...ends }), shape);
    expect(maxDifference(found.h, trace.h.subarray(B * H))).toBeLessThan(forwardTolerance(shape));
    for (const key of ['kernel', 'recurrent', 'bias', 'dX', 'dh0', 'dc0'] as const) {
      const terms = key.startsWith('d') ? 4 * H : T * B;
      const bound = tolerance(shape, expected[key], terms);
      expect(maxDifference(found[key], expected[key]), key).toBeLessThan(bound);
    }
  });

  it.each([
    ['whole', undefined],
    ['packed', fixture.lengths],
  ] as const)('agrees with PyTorch: %s', (kind, lengths) => {
    const { B, T, I, H } = fixture;
    const truth = fixture[kind];
    const floats = (values: number[]) => Float32Array.from(values);
    const run = new LstmRun(build, {
      ...{ B, T, I, H, lengths, last: false },
      x: floats(fixture.x),
      weights: { kernel: fixture.kernel, recurrent: fixture.recurrent, bias: fixture.bias },
      h0: floats(fixture.h0),
      c0: floats(fixture.c0),
      dOut: floats(truth.asked),
      dhLast: floats(fixture.dh),
      dcLast: floats(fixture.dc),
    });
    const found = everything(run, fixture);
    const last = found.h.subarray((T - 1) * B * H);
    expect(maxDifference(last, Float64Array.from(truth.hn))).toBeLessThan(
      forwardTolerance(fixture),
    );
    for (const key of ['kernel', 'recurrent', 'bias', 'dX', 'dh0', 'dc0'] as const) {
      const expected = Float64Array.from(truth[key]);
      expect(maxDifference(found[key], expected), key).toBeLessThan(
        tolerance(fixture, expected, 64),
      );
    }
  });

  it('puts out what a masked LSTM of Keras puts out', () => {
    const { B, T, I, H, lengths } = fixture;
    const floats = (values: number[]) => Float32Array.from(values);
    const run = new LstmRun(build, {
      ...{ B, T, I, H, lengths, last: false },
      x: floats(fixture.x),
      weights: { kernel: fixture.kernel, recurrent: fixture.recurrent, bias: fixture.bias },
      h0: floats(fixture.h0),
      c0: floats(fixture.c0),
      dOut: floats(fixture.dOut),
    });
    run.forward();
    const h = cutRows(run.outputs(), H, pad4(H));
    const out = Float64Array.from(fixture.masked.out);
    expect(maxDifference(h, out)).toBeLessThan(2 * forwardTolerance(fixture));
  });

  it.each(shapes.map((shape) => [name(shape), shape] as const))(
    'is in two calls what it is in one, to the bit: %s',
    (_, shape) => {
      const { B, T, I, H, lengths } = shape;
      const problem = { ...lstmCase(shape), lengths };
      const run = new LstmRun(build, problem);
      const { kernels } = run.arena;
      run.forward();
      const whole = run.outputs().slice();
      const cell = run.arena.floats(run.at.c, (T + 1) * B * pad4(H)).slice();
      // once more over the same buffers, cut in the middle
      const cut = Math.floor(T / 2);
      const again = new LstmRun(build, problem);
      again.forwardInParts([cut, T - cut]);
      expect(again.outputs()).toEqual(whole);
      expect(again.arena.floats(again.at.c, (T + 1) * B * pad4(H))).toEqual(cell);
      expect(kernels.lstmXhFloats(B, T, I, H)).toBeGreaterThan(0);
    },
  );

  it.each(shapes.map((shape) => [name(shape), shape] as const))(
    'computes no gradients of frozen weights, and all others as before: %s',
    (_, shape) => {
      const { B, H, lengths } = shape;
      const ends = { dhLast: noise(B * H, 1, 8), dcLast: noise(B * H, 1, 9), lengths };
      const problem = { ...lstmCase(shape), ...ends };
      const free = everything(new LstmRun(build, problem), shape);
      const frozen = new LstmRun(build, { ...problem, frozen: true });
      frozen.forward();
      const dX = cutRows(frozen.backward(true) as Float32Array, shape.I, pad4(shape.I));
      expect(dX).toEqual(free.dX);
      const { dh0, dc0 } = free;
      expect(frozen.stateGradients()).toEqual({ dh0, dc0 });
      const { at, arena } = frozen;
      expect(arena.floats(at.db, 4 * pad4(H)).every(Number.isNaN)).toBe(true);
    },
  );
});
