// The GRU with other activations and without bias, both reset orders, against its float64 twin and its central
// differences.
import { describe, expect, it } from 'vitest';
import { type ActivationName, functions } from '../reference/cell.js';
import { type GruShape, gruForward } from '../reference/gru.js';
import { type GruCase, GruRun, gruCase } from '../support/gru.js';
import { builds, maxDifference } from '../support/kernels.js';

const names: ActivationName[] = [
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'hardSigmoid',
  'hardSigmoidTfjs',
];
type Changes = Pick<GruCase, 'activation' | 'recurrentActivation' | 'noBias'>;
const cases: [string, Changes][] = [
  ...names.map((name): [string, Changes] => [`activation ${name}`, { activation: name }]),
  ...names.map((name): [string, Changes] => [`gates ${name}`, { recurrentActivation: name }]),
  ['without bias', { noBias: true }],
  [
    'relu and hardSigmoid without bias',
    { activation: 'relu', recurrentActivation: 'hardSigmoid', noBias: true },
  ],
];
// no multiple of a vector, a group or a chunk, and the ones
const shapes: GruShape[] = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 3, T: 5, I: 3, H: 5 },
  { B: 2, T: 3, I: 5, H: 17 },
];
const large: GruShape = { B: 67, T: 5, I: 7, H: 22 };

// As for the other cells (cell.test.ts): a sum of n terms is off by about sqrt(n) 2^-24, an activation by up to 4e-7;
// T steps add up like sqrt(T), and up to 8 times that with linear and relu states, which do not damp.
const stepError = ({ T, I, H }: GruShape) =>
  8 * Math.sqrt(T) * (4e-7 + 2 ** -24 * Math.sqrt(I + H + 1));
const most = (values: ArrayLike<number>) =>
  Array.from(values).reduce((max, v) => Math.max(max, Math.abs(v)), 1);

/** h and the loss of the twin, of values by name. */
function twin(problem: GruCase) {
  const { activation = 'tanh', recurrentActivation = 'sigmoid', resetAfter, lengths } = problem;
  const activations = { candidate: functions[activation], gate: functions[recurrentActivation] };
  const { weights, noBias, dOut, dhLast = [], B, T, H } = problem;
  const bias = Float64Array.from(weights.bias, (v) => (noBias ? 0 : v));
  const values = {
    dX: Float64Array.from(problem.x),
    dh0: Float64Array.from(problem.h0),
    kernel: Float64Array.from(weights.kernel),
    recurrent: Float64Array.from(weights.recurrent),
    bias,
  };
  const run = () =>
    gruForward(problem, resetAfter, values.dX, values, values.dh0, lengths, activations).h;
  const loss = () => {
    const h = run();
    let sum = 0;
    for (let n = 0; n < T * B * H; n++) sum += dOut[n] * h[B * H + n];
    for (let n = 0; n < B * H; n++) sum += dhLast[n] * h[T * B * H + n];
    return sum;
  };
  return { values, run, loss };
}

const STEP = 1e-5;

function differences(
  problem: GruCase,
  key: 'dX' | 'dh0' | 'kernel' | 'recurrent' | 'bias',
): number[] {
  const { values, loss } = twin(problem);
  return Array.from(values[key], (value, n) => {
    values[key][n] = value + STEP;
    const above = loss();
    values[key][n] = value - STEP;
    const below = loss();
    values[key][n] = value;
    return (above - below) / (2 * STEP);
  });
}

describe.each(builds)('gru, %s build', (build) => {
  describe.each(cases)('%s', (_, changes) => {
    it.each([true, false])('equals the twin, reset after %s', (resetAfter) => {
      for (const shape of [...shapes, large]) {
        const { B, T, H } = shape;
        for (const lengths of [undefined, Array.from({ length: B }, (_, b) => (b * 7) % (T + 1))]) {
          const problem: GruCase = { ...gruCase(shape, resetAfter), ...changes, lengths };
          const expected = twin(problem)
            .run()
            .subarray(B * H);
          const run = new GruRun(build, problem);
          const bound = most(expected) * stepError(shape);
          expect(maxDifference(run.forward(), expected)).toBeLessThan(bound);
          const found = run.backward();
          for (const key of ['dX', 'dh0', 'kernel', 'recurrent', 'bias'] as const) {
            if (key === 'bias' && changes.noBias) {
              expect(found.bias.every((value) => value === 0)).toBe(true);
            } else if (shape !== large) {
              const asked = differences(problem, key);
              const allowed = most(asked) * (4 * stepError(shape) + 1e-8);
              expect(maxDifference(found[key], Float64Array.from(asked)), key).toBeLessThan(
                allowed,
              );
            }
          }
          expect(run.arena.damaged()).toEqual([]);
          const cut = new GruRun(build, problem);
          expect(cut.forward(T > 1 ? [1, T - 1] : [T])).toEqual(run.forward());
        }
      }
    });
  });
});
