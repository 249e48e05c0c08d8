// The cells that share one loop against Keras (test/fixtures/keras/cells_states.py) and ONNX Runtime
// (test/fixtures/onnx/lstm_variants.py): states in, masks, all gradients that they give.
import { describe, expect, it } from 'vitest';
import ofKeras from '../fixtures/keras/cells-states.json' with { type: 'json' };
import ofOnnx from '../fixtures/onnx/lstm-variants.json' with { type: 'json' };
import type { ActivationName, CellSpec, CellValues } from '../reference/cell.js';
import { type CellCase, CellRun } from '../support/cell.js';
import { builds, maxDifference } from '../support/kernels.js';

const f64 = (values: readonly number[] = []) => Float64Array.from(values);
const sizes = ({ B, T, I, H }: typeof ofKeras | typeof ofOnnx) => ({ B, T, I, H });

function problemOf(
  spec: CellSpec,
  fixture: typeof ofKeras | typeof ofOnnx,
  masked: boolean,
  values: Partial<CellValues>,
  dOut?: readonly number[],
): CellCase {
  const { B, T, H, lengths } = fixture;
  const none = new Float64Array();
  return {
    ...sizes(fixture),
    spec,
    values: {
      x: f64(fixture.x),
      kernel: none,
      recurrent: none,
      bias: none,
      extra: none,
      gateKernel: none,
      projection: none,
      outputBias: none,
      h0: f64(fixture.h0),
      c0: f64(fixture.c0),
      gates0: none,
      ...values,
    },
    dOut: dOut ? f64(dOut) : new Float64Array(T * B * H),
    last: false,
    dhLast: new Float64Array(B * H),
    dcLast: new Float64Array(B * H),
    dGatesLast: none,
    lengths: masked ? lengths : undefined,
  };
}

// Both sides compute in float32: a sum of I + H + 1 <= 23 terms is off by up to 23 x 2^-24 of its size, an activation by
// 4e-7, in each of 6 steps, and either side's errors count: 2 x 6 x (1.4e-6 + 4e-7) = 2.2e-5 if all go one way.
const BOUND = 2.2e-5;
const bound = (expected: readonly number[]) =>
  BOUND * expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);

describe.each(builds)('cells beside others, %s build', (build) => {
  it.each(
    ofKeras.cases.flatMap((one) =>
      one.runs.map(
        (run) =>
          [`${one.cell} ${JSON.stringify(one.options)}, masked ${run.masked}`, one, run] as const,
      ),
    ),
  )('as Keras: %s', (_, { cell, options, weights }, { masked, out, gradients }) => {
    const { activation, recurrentActivation, useBias } = options as Record<string, unknown>;
    const candidate = activation as ActivationName | undefined;
    const spec: CellSpec = {
      cell: cell as 'lstm',
      candidate,
      output: candidate,
      gate: recurrentActivation as ActivationName | undefined,
      noBias: useBias === false,
    };
    const [kernel, recurrent, bias] = weights.map(f64);
    const values = { kernel, recurrent, bias: bias ?? new Float64Array() };
    const run = new CellRun(build, problemOf(spec, ofKeras, masked, values, ofKeras.dOut));
    run.forward();
    expect(maxDifference(run.outputs(), f64(out))).toBeLessThan(bound(out));
    const found = run.backward();
    expect(Object.keys(found).sort()).toEqual(Object.keys(gradients).sort());
    for (const [key, expected] of Object.entries(gradients)) {
      expect(maxDifference(found[key], f64(expected)), key).toBeLessThan(bound(expected));
    }
    expect(run.arena.damaged()).toEqual([]);
  });

  it.each(
    ofOnnx.cases.flatMap((one) =>
      (['whole', 'masked'] as const).map((kind) => [`${one.variant}, ${kind}`, one, kind] as const),
    ),
  )('as ONNX Runtime: %s', (_, one, kind) => {
    const { B, T, H, lengths } = ofOnnx;
    const coupled = one.variant === 'coupled';
    const spec: CellSpec = coupled
      ? { cell: 'lstm', gates: 'io', coupled }
      : { cell: 'lstm', peephole: true };
    const masked = kind === 'masked';
    const values = {
      kernel: f64(one.kernel),
      recurrent: f64(one.recurrent),
      bias: f64(one.bias),
      extra: coupled ? new Float64Array() : f64(ofOnnx.peephole),
    };
    const run = new CellRun(build, problemOf(spec, ofOnnx, masked, values));
    run.forward();
    const outputs = run.outputs();
    const { out, h, c } = one[kind];
    // past the end of a sequence ONNX puts out 0, and we what came last
    const ended = (n: number) =>
      masked && Math.floor(n / (B * H)) >= lengths[Math.floor(n / H) % B];
    const compared = outputs.map((value, n) => (ended(n) ? 0 : value));
    expect(maxDifference(compared, f64(out))).toBeLessThan(bound(out));
    expect(maxDifference(outputs.subarray((T - 1) * B * H), f64(h))).toBeLessThan(bound(h));
    expect(maxDifference(run.lastCell(), f64(c))).toBeLessThan(bound(c));
  });
});
