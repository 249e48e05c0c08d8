// The cells that share one loop, against their float64 twin and its central differences.
import { describe, expect, it } from 'vitest';
import {
  type ActivationName,
  type CellShape,
  type CellSpec,
  type CellValues,
  cellForward,
} from '../reference/cell.js';
import { type CellCase, CellRun, cellCase } from '../support/cell.js';
import { builds, maxDifference, noise } from '../support/kernels.js';

const activations: ActivationName[] = [
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'hardSigmoid',
  'hardSigmoidTfjs',
];

const specs: Record<string, CellSpec> = {
  peephole: { cell: 'lstm', peephole: true },
  coupled: { cell: 'lstm', gates: 'io', coupled: true },
  'no input gate': { cell: 'lstm', gates: 'fo' },
  'no forget gate': { cell: 'lstm', gates: 'io' },
  'no output gate': { cell: 'lstm', gates: 'if' },
  'no input activation': { cell: 'lstm', candidate: 'linear' },
  'no output activation': { cell: 'lstm', output: 'linear' },
  'full gate recurrence': { cell: 'lstm', gatesSeen: true },
  'full gate recurrence, relu, without bias': {
    cell: 'lstm',
    gatesSeen: true,
    candidate: 'relu',
    noBias: true,
  },
  'full gate recurrence and peepholes': { cell: 'lstm', gatesSeen: true, peephole: true },
  'lstm without bias': { cell: 'lstm', noBias: true },
  'coupled without bias': { cell: 'lstm', gates: 'io', coupled: true, noBias: true },
  ...Object.fromEntries(
    activations.flatMap((name): [string, CellSpec][] => [
      [`lstm, activation ${name}`, { cell: 'lstm', candidate: name, output: name }],
      [`lstm, recurrent activation ${name}`, { cell: 'lstm', gate: name }],
      [`rnn, ${name}`, { cell: 'rnn', candidate: name }],
    ]),
  ),
  'rnn without bias': { cell: 'rnn', noBias: true },
  indRNN: { cell: 'indRNN', candidate: 'relu' },
  'indRNN, tanh': { cell: 'indRNN', candidate: 'tanh' },
  minGRU: { cell: 'minGRU', candidate: 'linear' },
  'minGRU in log space': { cell: 'minGRU', candidate: 'positive' },
  minLSTM: { cell: 'minLSTM', candidate: 'linear' },
  'minLSTM in log space': { cell: 'minLSTM', candidate: 'positive' },
  jordan: { cell: 'rnn', projection: 5 },
  'jordan, wider than its units, sigmoid': { cell: 'rnn', projection: 19, output: 'sigmoid' },
  'jordan without bias': { cell: 'rnn', projection: 1, output: 'linear', noBias: true },
  'lstm with a projection': { cell: 'lstm', projection: 3 },
  'lstm with a projection past a group': { cell: 'lstm', projection: 21 },
  'coupled, with a projection, without bias': {
    cell: 'lstm',
    gates: 'io',
    coupled: true,
    projection: 6,
    noBias: true,
  },
  'peephole, with a projection, sigmoid': {
    cell: 'lstm',
    peephole: true,
    projection: 2,
    output: 'sigmoid',
  },
  'lstm with norms': { cell: 'lstm', layerNorm: true },
  'coupled, with norms, without bias': {
    cell: 'lstm',
    gates: 'io',
    coupled: true,
    layerNorm: true,
    noBias: true,
  },
  'peephole, with norms and a projection, sigmoid': {
    cell: 'lstm',
    peephole: true,
    layerNorm: true,
    projection: 3,
    output: 'sigmoid',
  },
  'no output gate, with norms, linear': {
    cell: 'lstm',
    gates: 'if',
    candidate: 'sigmoid',
    output: 'linear',
    layerNorm: true,
  },
  slstm: { cell: 'slstm' },
  'slstm, exponential forget gate': { cell: 'slstm', expForget: true },
  'slstm without bias': { cell: 'slstm', noBias: true },
};

/** Heads divide the units: for shapes of their own. */
const headed: CellSpec[] = [
  { cell: 'slstm', heads: 3 },
  { cell: 'slstm', heads: 3, expForget: true },
];

// no multiple of a vector, a group or a chunk, and the ones; each differentiated whole
const small: CellShape[] = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 3, T: 5, I: 3, H: 5 },
  { B: 2, T: 3, I: 5, H: 17 },
];
// past a group of units, a tile of inputs, one block of rows, and several chunks; along some directions
const large: CellShape[] = [
  { B: 7, T: 33, I: 19, H: 33 },
  { B: 131, T: 3, I: 2, H: 21 },
  { B: 1, T: 301, I: 2, H: 3 },
  { B: 4, T: 40, I: 16, H: 16 },
];
const text = ({ B, T, I, H }: CellShape) => `B ${B}, T ${T}, I ${I}, H ${H}`;

// One float32 operation is off by u = 2^-24 of its result, a sum of n terms by about sqrt(n) u, an activation by up
// to ACTIVATION (activations.ts); T steps add up like sqrt(T) where a step damps, and up to GROWTH times that with
// linear and relu states, which do not.
const U = 2 ** -24;
const ACTIVATION = 4e-7;
const GROWTH = 8;
const stepError = ({ T, I, H }: CellShape) =>
  GROWTH * Math.sqrt(T) * (ACTIVATION + U * Math.sqrt(I + H + 1));
const most = (values: ArrayLike<number>) =>
  Array.from(values).reduce((max, v) => Math.max(max, Math.abs(v)), 1);

/** What is asked of the outputs: the loss whose gradients cellBackward gives. */
function lossOf({ spec, dOut, last, dhLast, dcLast, dGatesLast, lengths, ...shape }: CellCase) {
  const { B, T, H } = shape;
  const cells = B * H;
  const one = dhLast.length;
  return (values: CellValues) => {
    const { h, c, gates } = cellForward(spec, shape, values, lengths);
    let loss = 0;
    const from = last ? T * one : one;
    for (let n = 0; n < dOut.length; n++) loss += dOut[n] * h[from + n];
    for (let n = 0; n < one; n++) loss += dhLast[n] * h[T * one + n];
    for (let n = 0; n < cells; n++) loss += dcLast[n] * c[T * cells + n];
    dGatesLast.forEach((d, n) => {
      loss += d * gates[T * dGatesLast.length + n];
    });
    return loss;
  };
}

const STEP = 1e-5;

/** d loss / d values[key] along a direction. */
function along(problem: CellCase, key: keyof CellValues, direction: ArrayLike<number>): number {
  const loss = lossOf(problem);
  const at = (by: number) =>
    loss({
      ...problem.values,
      [key]: problem.values[key].map((v, n) => v + by * direction[n]),
    });
  return (at(STEP) - at(-STEP)) / (2 * STEP);
}

/** The same for every build. */
const known = new Map<string, number[]>();

function whole(problem: CellCase, key: keyof CellValues): number[] {
  const { spec, B, T, I, H, last, lengths } = problem;
  const name = JSON.stringify([spec, B, T, I, H, last, lengths ?? 0, key]);
  const found = known.get(name) ?? differences(problem, key);
  known.set(name, found);
  return found;
}

function differences(problem: CellCase, key: keyof CellValues): number[] {
  const values = problem.values[key];
  return Array.from(values, (_, n) => {
    const unit = new Float64Array(values.length);
    unit[n] = 1;
    return along(problem, key, unit);
  });
}

describe.each(builds)('cells, %s build', (build) => {
  describe.each(Object.entries(specs))('%s', (_, spec) => {
    const shapes = build.startsWith('relaxed') ? [...small, ...large] : small;
    it.each(shapes.map((shape) => [text(shape), shape] as const))(
      'forward and inference equal the twin: %s',
      (_, shape) => {
        for (const masked of [false, true]) {
          const problem = cellCase(spec, shape, { masked });
          const { T } = shape;
          const { h } = cellForward(spec, shape, problem.values, problem.lengths);
          const run = new CellRun(build, problem);
          run.forward();
          const outputs = run.outputs();
          const expected = h.subarray(problem.dhLast.length);
          expect(maxDifference(outputs, expected)).toBeLessThan(most(expected) * stepError(shape));
          expect(run.padding().every((value) => value === 0)).toBe(true);
          // the same bits in two calls, and without a history
          const parts = T > 1 ? [Math.ceil(T / 3), T - Math.ceil(T / 3)] : [T];
          expect(run.infer([T])).toEqual(outputs);
          expect(run.infer(parts)).toEqual(outputs);
          run.forward(parts);
          expect(run.outputs()).toEqual(outputs);
          expect(run.arena.damaged()).toEqual([]);
        }
      },
    );

    it.each(small.map((shape) => [text(shape), shape] as const))(
      'every gradient equals the differences of the twin: %s',
      (_, shape) => {
        for (const masked of [false, true]) {
          for (const last of [false, true]) {
            const problem = cellCase(spec, shape, { masked, last });
            const run = new CellRun(build, problem);
            run.forward();
            const found = run.backward();
            for (const [key, gradient] of Object.entries(found)) {
              const expected =
                spec.noBias && key.toLowerCase().endsWith('bias')
                  ? new Float64Array(gradient.length)
                  : whole(problem, key as keyof CellValues);
              const tolerance = most(expected) * (4 * stepError(shape) + 1e-8);
              expect(maxDifference(gradient, expected), key).toBeLessThan(tolerance);
            }
            expect(run.arena.damaged()).toEqual([]);
            // frozen, the others keep their bits
            const { x, h0 } = run.backward({ frozen: true });
            expect([x, h0]).toEqual([found.x, found.h0]);
            expect(run.backward({ wantDX: false }).kernel).toEqual(found.kernel);
          }
        }
      },
    );
  });
});

describe.each(builds)('heads of an sLSTM, %s build', (build) => {
  it.each(headed.map((spec) => [JSON.stringify(spec), spec] as const))('%s', (_, spec) => {
    // 33 units: a head of 11 over the border of a group
    for (const shape of [
      { B: 2, T: 3, I: 5, H: 33 },
      { B: 3, T: 4, I: 2, H: 6 },
    ]) {
      for (const masked of [false, true]) {
        const problem = cellCase(spec, shape, { masked });
        const run = new CellRun(build, problem);
        run.forward();
        const { h } = cellForward(spec, shape, problem.values, problem.lengths);
        const expected = h.subarray(shape.B * shape.H);
        expect(maxDifference(run.outputs(), expected)).toBeLessThan(stepError(shape));
        expect(run.infer([shape.T])).toEqual(run.outputs());
        for (const [key, gradient] of Object.entries(run.backward())) {
          const asked = whole(problem, key as keyof CellValues);
          expect(maxDifference(gradient, asked), key).toBeLessThan(
            most(asked) * (4 * stepError(shape) + 1e-8),
          );
        }
        // no more numbers than the blocks have: what is outside gets no gradient
        const size = run.arena.kernels.cellWeightFloats(run.kind, shape.I, shape.H);
        const given = run.arena.floats(run.at.dW, size).filter((v) => v !== 0).length;
        const { kernel, recurrent } = problem.values;
        expect(given).toBeLessThanOrEqual(kernel.length + recurrent.length);
        expect(run.arena.damaged()).toEqual([]);
      }
    }
  });
});

it.each(builds)('norms of products far from 0 lose nothing, %s build', (build) => {
  const shape = { B: 5, T: 3, I: 5, H: 21 };
  const problem = cellCase({ cell: 'lstm', layerNorm: true }, shape);
  const { values } = problem;
  values.x.forEach((v, n) => {
    values.x[n] = Math.fround(100 + v);
  });
  values.kernel.forEach((v, n) => {
    values.kernel[n] = Math.fround(1 + v / 64);
  });
  const expected = cellForward(problem.spec, shape, values).h.subarray(problem.dhLast.length);
  const run = new CellRun(build, problem);
  run.forward();
  // products of I terms are around 500 and apart by about 1: their own I roundings, over that. The difference of mean
  // squares and squared mean would be off by 500 times as much
  const rounded = GROWTH * shape.I * U * 500;
  expect(maxDifference(run.outputs(), expected)).toBeLessThan(rounded + stepError(shape));
});

describe('cells, gradients past a group, a block and a chunk', () => {
  // smooth ones: among thousands of units one is near the kink of its activation
  const some = [
    'peephole',
    'coupled',
    'full gate recurrence',
    'rnn, tanh',
    'jordan, wider than its units, sigmoid',
    'lstm with a projection past a group',
    'lstm with norms',
    'peephole, with norms and a projection, sigmoid',
    'indRNN, tanh',
    'minGRU',
    'minLSTM in log space',
    'slstm',
  ];
  it.each(some.flatMap((name) => large.map((shape) => [name, text(shape), shape] as const)))(
    '%s: %s',
    (name, _, shape) => {
      for (const masked of [false, true]) {
        const problem = cellCase(specs[name], shape, { masked });
        const run = new CellRun('relaxed', problem);
        run.forward();
        for (const [key, gradient] of Object.entries(run.backward())) {
          for (const seed of [1, 2, 3]) {
            const direction = noise(gradient.length, 1, 100 * seed);
            const expected = along(problem, key as keyof CellValues, direction);
            const sum = gradient.reduce((total, g, n) => total + g * direction[n], 0);
            // the errors of the components add up as often up as down
            const size = Math.sqrt(gradient.reduce((total, g) => total + g * g, 0));
            expect(Math.abs(sum - expected), key).toBeLessThan(
              Math.max(1, size) * (8 * stepError(shape) + 1e-7),
            );
          }
        }
        expect(run.arena.damaged()).toEqual([]);
      }
    },
  );
});
