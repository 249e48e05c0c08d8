// Dropout and zoneout within the loop of the cells, against the float64 twin under the same masks and its central
// differences.
import { describe, expect, it } from 'vitest';
import {
  besideCell,
  type CellShape,
  type CellSpec,
  type CellValues,
  cellForward,
  gateNames,
  isRecurrent,
  outputsOf,
} from '../reference/cell.js';
import { type CellCase, CellRun, cellCase, dropsOf } from '../support/cell.js';
import { builds, maxDifference, noise } from '../support/kernels.js';

const specs: Record<string, CellSpec> = {
  lstm: { cell: 'lstm' },
  peephole: { cell: 'lstm', peephole: true },
  coupled: { cell: 'lstm', gates: 'io', coupled: true },
  'full gate recurrence': { cell: 'lstm', gatesSeen: true },
  rnn: { cell: 'rnn', candidate: 'tanh' },
  indRNN: { cell: 'indRNN' },
  minGRU: { cell: 'minGRU', candidate: 'linear' },
  minLSTM: { cell: 'minLSTM', candidate: 'positive' },
  slstm: { cell: 'slstm' },
  'slstm, heads': { cell: 'slstm', heads: 3, expForget: true },
  jordan: { cell: 'rnn', projection: 5, output: 'sigmoid' },
  'jordan, wider than its units': { cell: 'rnn', projection: 19 },
  'lstm with a projection': { cell: 'lstm', projection: 3 },
  'coupled, with a projection past a group': {
    cell: 'lstm',
    gates: 'io',
    coupled: true,
    projection: 21,
  },
};
const shapes: CellShape[] = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 3, T: 5, I: 3, H: 5 },
  { B: 2, T: 3, I: 5, H: 17 },
  // past a tile of inputs, a group of units and a chunk of steps
  { B: 45, T: 4, I: 19, H: 18 },
];
const kinds = ['masks', 'zoneout', 'both'] as const;

// as in cell.test.ts: roundings u = 2^-24, sums of n terms sqrt(n) u, activations 4e-7, steps sqrt(T); 1.5 of a mask
const tolerance = ({ T, I, H }: CellShape) =>
  8 * 1.5 * Math.sqrt(T) * (4e-7 + 2 ** -24 * Math.sqrt(I + H + 1));
const most = (values: ArrayLike<number>) =>
  Array.from(values).reduce((max, v) => Math.max(max, Math.abs(v)), 1);

function lossOf({
  spec,
  dOut,
  last,
  dhLast,
  dcLast,
  dGatesLast,
  lengths,
  drops,
  ...shape
}: CellCase) {
  const { B, T, H } = shape;
  const one = B * outputsOf(spec, H);
  const cells = B * H;
  const beside = B * besideCell(spec) * H;
  return (values: CellValues) => {
    const { h, c, gates } = cellForward(spec, shape, values, lengths, drops);
    let loss = 0;
    const from = last ? T * one : one;
    for (let n = 0; n < dOut.length; n++) loss += dOut[n] * h[from + n];
    for (let n = 0; n < one; n++) loss += dhLast[n] * h[T * one + n];
    for (let n = 0; n < cells; n++) loss += dcLast[n] * c[T * cells + n];
    dGatesLast.forEach((d, n) => {
      loss += d * gates[T * beside + n];
    });
    return loss;
  };
}

/** d loss / d values[key] along a direction. */
function along(problem: CellCase, key: keyof CellValues, direction: ArrayLike<number>): number {
  const loss = lossOf(problem);
  const at = (by: number) =>
    loss({ ...problem.values, [key]: problem.values[key].map((v, n) => v + by * direction[n]) });
  return (at(1e-5) - at(-1e-5)) / 2e-5;
}

const known = new Map<string, number>();

describe.each(builds)('drops, %s build', (build) => {
  const cases = Object.entries(specs).flatMap(([name, spec]) =>
    // masks are for a state that meets a matrix
    kinds
      .filter((kind) => isRecurrent(spec) || kind === 'zoneout')
      .flatMap((kind) =>
        shapes
          // heads divide the units
          .map((shape) => (spec.heads && shape.H % spec.heads ? { ...shape, H: 9 } : shape))
          .map((shape) => [name, kind, shape, spec] as const),
      ),
  );
  it.each(cases)('%s, %s, %o', (name, kind, shape, spec) => {
    for (const masked of [false, true]) {
      const problem: CellCase = {
        ...cellCase(spec, shape, { masked }),
        drops: dropsOf(spec, shape, kind),
      };
      const { B, T, H } = shape;
      const run = new CellRun(build, problem);
      run.forward();
      const outputs = run.outputs();
      const { h } = cellForward(spec, shape, problem.values, problem.lengths, problem.drops);
      const expected = h.subarray(B * outputsOf(spec, H));
      expect(maxDifference(outputs, expected)).toBeLessThan(most(expected) * tolerance(shape));
      expect(run.padding().every((value) => value === 0)).toBe(true);
      if (T > 1) {
        run.forward([Math.ceil(T / 3), T - Math.ceil(T / 3)]);
        expect(run.outputs()).toEqual(outputs);
      }
      const found = run.backward();
      for (const [key, gradient] of Object.entries(found)) {
        for (const seed of [1, 2]) {
          const direction = noise(gradient.length, 1, 100 * seed);
          const id = JSON.stringify([name, kind, shape, masked, key, seed]);
          const slope = known.get(id) ?? along(problem, key as keyof CellValues, direction);
          known.set(id, slope);
          const sum = gradient.reduce((total, g, n) => total + g * direction[n], 0);
          const size = Math.sqrt(gradient.reduce((total, g) => total + g * g, 0));
          expect(Math.abs(sum - slope), key).toBeLessThan(
            Math.max(1, size) * (8 * tolerance(shape) + 1e-7),
          );
        }
      }
      const { x, h0 } = run.backward({ frozen: true });
      expect([x, h0]).toEqual([found.x, found.h0]);
      expect(run.arena.damaged()).toEqual([]);
    }
  });

  it.each(Object.entries(specs))('%s: masks of ones are no masks, to the bit', (_, spec) => {
    const shape = { B: 3, T: 4, I: 5, H: 18 };
    const ones = (n: number) => new Float64Array(n).fill(1);
    const plain = new CellRun(build, cellCase(spec, shape));
    plain.forward();
    const P = outputsOf(spec, 18);
    const drops = {
      masks: isRecurrent(spec) ? ones(3 * gateNames(spec).length * (5 + P)) : undefined,
      keepH: ones(4 * 3 * P),
      keepC: spec.cell === 'lstm' ? ones(4 * 3 * 18) : undefined,
    };
    const run = new CellRun(build, { ...cellCase(spec, shape), drops });
    run.forward();
    expect(run.outputs()).toEqual(plain.outputs());
  });

  it.each(Object.entries(specs))('%s: inference takes the mean', (_, spec) => {
    const shape = { B: 3, T: 5, I: 3, H: 18 };
    for (const masked of [false, true]) {
      const drops = { rateH: 0.3, rateC: spec.cell === 'lstm' && !spec.peephole ? 0.2 : 0 };
      const problem: CellCase = { ...cellCase(spec, shape, { masked }), drops };
      const { h } = cellForward(spec, shape, problem.values, problem.lengths, drops);
      const run = new CellRun(build, problem);
      const found = run.infer([5]);
      const expected = h.subarray(3 * outputsOf(spec, 18));
      expect(maxDifference(found, expected)).toBeLessThan(most(expected) * tolerance(shape));
      expect(run.infer([2, 3])).toEqual(found);
      expect(run.arena.damaged()).toEqual([]);
    }
  });
});
