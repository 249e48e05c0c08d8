import { describe, expect, it } from 'vitest';
import { type LstmShape, lstmBackward, lstmForward } from '../reference/lstm.js';
import { builds, maxDifference } from '../support/kernels.js';
import { cutRows, LstmRun, lstmCase, pad4, padRows } from '../support/lstm.js';

// Odd sizes on purpose: no multiple of a vector, a tile or a chunk, and the ones.
const shapes: LstmShape[] = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 1, T: 7, I: 3, H: 5 },
  { B: 2, T: 3, I: 7, H: 9 },
  { B: 3, T: 9, I: 5, H: 7 },
  { B: 5, T: 2, I: 9, H: 33 },
  { B: 7, T: 33, I: 1, H: 3 },
  { B: 9, T: 5, I: 33, H: 2 },
  { B: 33, T: 5, I: 2, H: 1 },
  { B: 33, T: 9, I: 17, H: 21 },
  { B: 131, T: 2, I: 3, H: 5 },
  { B: 13, T: 21, I: 6, H: 18 },
  { B: 4, T: 40, I: 16, H: 16 },
];
// Past 512 units, inputs, rows and steps; past one block of rows, and past one group of blocks.
const large: LstmShape[] = [
  { B: 2, T: 2, I: 5, H: 517 },
  { B: 3, T: 2, I: 521, H: 6 },
  { B: 2, T: 1, I: 515, H: 519 },
  { B: 521, T: 3, I: 3, H: 5 },
  { B: 1, T: 1031, I: 2, H: 3 },
  { B: 129, T: 35, I: 1, H: 2 },
];
const name = ({ B, T, I, H }: LstmShape) => `B ${B}, T ${T}, I ${I}, H ${H}`;

// Tolerances. One float32 operation is off by at most u = 2^-24 of its result, as often up as
// down, so a sum of n terms of about 1 is off by about sqrt(n) u; ACTIVATION is what the
// vector tanh and sigmoid are off at most (activations.ts). A gate's error enters the next
// step damped, for the forget gate is below 1 and the weights of lstmCase keep |dh / dh'| at
// about 1; T steps add up like sqrt(T). c is up to four times h. A gradient carries the error
// of its two factors and that of its own sum.
const U = 2 ** -24;
const ACTIVATION = 4e-7;
function forwardTolerance({ T, I, H }: LstmShape): number {
  return Math.sqrt(T) * (ACTIVATION + U * Math.sqrt(I + H + 1));
}
function gradientTolerance(shape: LstmShape, reference: Float64Array, terms: number): number {
  const size = reference.reduce((max, v) => Math.max(max, Math.abs(v)), 1);
  return size * (2 * forwardTolerance(shape) + U * Math.sqrt(terms));
}

describe.each(builds)('lstm, %s build', (build) => {
  it.each([...shapes, ...large].map((shape) => [name(shape), shape] as const))(
    'forward equals the float64 twin: %s',
    (_, shape) => {
      const problem = lstmCase(shape);
      const { B, T, H } = shape;
      const trace = lstmForward(shape, problem.x, problem.weights, problem.h0, problem.c0);
      const run = new LstmRun(build, problem);
      run.forward();
      const tolerance = forwardTolerance(shape);
      const outputs = run.outputs();
      expect(maxDifference(cutRows(outputs, H, pad4(H)), trace.h.subarray(B * H))).toBeLessThan(
        tolerance,
      );
      const c = run.arena.floats(run.at.c, (T + 1) * B * pad4(H));
      expect(maxDifference(cutRows(c, H, pad4(H)), trace.c)).toBeLessThan(4 * tolerance);
      expect(outputs).toEqual(padRows(cutRows(outputs, H, pad4(H)), H, pad4(H)));
      expect(run.arena.damaged()).toEqual([]);
    },
  );

  describe.each([
    ['sequence', { last: false, dX: true, of: [...shapes, ...large] }],
    ['sequence, no dX', { last: false, dX: false, of: shapes }],
    ['last step', { last: true, dX: true, of: shapes }],
    ['last step, no dX', { last: true, dX: false, of: shapes }],
  ])('backward, %s', (_, { last, dX, of }) => {
    it.each(of.map((shape) => [name(shape), shape] as const))(
      'equals the float64 twin: %s',
      (_, shape) => {
        const { B, T, I, H } = shape;
        const problem = lstmCase(shape, { last });
        const trace = lstmForward(shape, problem.x, problem.weights, problem.h0, problem.c0);
        const dOut = new Float64Array(T * B * H);
        dOut.set(problem.dOut, dOut.length - problem.dOut.length);
        const expected = lstmBackward(shape, problem.x, problem.weights, trace, dOut);
        const run = new LstmRun(build, problem);
        run.forward(pad4(I) + 8);
        const stride = pad4(I) + 4;
        const found = run.backward(dX, stride);
        const gradients = run.gradients();
        for (const key of ['kernel', 'recurrent', 'bias'] as const) {
          expect(maxDifference(gradients[key], expected[key]), key).toBeLessThan(
            gradientTolerance(shape, expected[key], T * B),
          );
        }
        if (found) {
          const inner = cutRows(found, I, stride);
          expect(maxDifference(inner, expected.dX)).toBeLessThan(
            gradientTolerance(shape, expected.dX, 4 * H),
          );
          // padding 0, and nothing written between the rows
          const rows = padRows(inner, I, pad4(I));
          expect(cutRows(found, pad4(I), stride)).toEqual(rows);
          expect(found.filter((_, n) => n % stride >= pad4(I)).every(Number.isNaN)).toBe(true);
        }
        expect(run.arena.damaged()).toEqual([]);
      },
    );
  });
});
