// The loops for 256 bits against those for 128: the same operations in the same order, so the same bits.
// Engines that fuse pairs do no more than that to them either; test/platform asks Node 24.
import { describe, expect, it } from 'vitest';
import { CellRun, cellCase } from '../support/cell.js';
import { GruRun, gruCase } from '../support/gru.js';
import { LstmRun, lstmCase } from '../support/lstm.js';

// rows of a tile of six, of four and of what is left over, in the batch and in the weights
const shapes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 33].map((B, n) => ({
  B,
  T: 1 + (n % 3),
  I: 1 + 3 * n,
  H: 1 + ((7 * n) % 40),
}));
const cases = (['simd', 'relaxed'] as const).flatMap((build) =>
  shapes.map((shape) => [build, shape] as const),
);
const bits = (values: Float32Array) => Array.from(new Int32Array(values.slice().buffer));

describe('loops for 256 bits', () => {
  it.each(cases)('give the bits of the others: lstm, %s build, %o', (build, shape) => {
    const [narrow, wide] = ([build, `${build}, wide`] as const).map((name) => {
      const problem = lstmCase(shape);
      // beyond the limits of the rationals, and zeros of both signs
      problem.x.set([-0, 0, 40, -40, 1e30, -1e30].slice(0, problem.x.length));
      const run = new LstmRun(name, problem);
      run.forward();
      const dX = run.backward(true)!;
      expect(run.arena.damaged()).toEqual([]);
      return [run.outputs(), dX, ...Object.values(run.gradients())].map(bits);
    });
    expect(wide).toEqual(narrow);
  });

  it.each(cases)('give the bits of the others: gru, %s build, %o', (build, shape) => {
    for (const resetAfter of [true, false]) {
      const [narrow, wide] = ([build, `${build}, wide`] as const).map((name) => {
        const run = new GruRun(name, gruCase(shape, resetAfter));
        const outputs = run.forward();
        const { dX, kernel, recurrent, bias } = run.backward();
        return [outputs, dX, kernel, recurrent, bias].map(bits);
      });
      expect(wide).toEqual(narrow);
    }
  });

  it.each(cases)('give the bits of the others: other cells, %s build, %o', (build, shape) => {
    for (const spec of [
      { cell: 'lstm', gates: 'io', coupled: true },
      { cell: 'lstm', peephole: true },
      { cell: 'lstm', gatesSeen: true },
      { cell: 'rnn' },
      { cell: 'minLSTM', candidate: 'linear' },
      { cell: 'slstm' },
      { cell: 'rnn', projection: 21 },
      { cell: 'lstm', layerNorm: true },
      { cell: 'lstm', projection: 5 },
    ] as const) {
      const [narrow, wide] = ([build, `${build}, wide`] as const).map((name) => {
        const run = new CellRun(name, cellCase(spec, shape));
        run.forward();
        return [run.outputs(), ...Object.values(run.backward())].map(bits);
      });
      expect(wide).toEqual(narrow);
    }
  });

  it.each(['simd', 'relaxed'] as const)('pass a NaN on as the others do: %s build', (build) => {
    const outputs = ([build, `${build}, wide`] as const).map((name) => {
      const problem = lstmCase({ B: 5, T: 2, I: 3, H: 9 });
      problem.x[4] = Number.NaN;
      const run = new LstmRun(name, problem);
      run.forward();
      return Array.from(run.outputs(), Number.isNaN);
    });
    expect(outputs[1]).toEqual(outputs[0]);
    expect(outputs[0]).toContain(true);
  });
});
