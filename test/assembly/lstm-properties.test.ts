import { describe, expect, it } from 'vitest';
import { type LstmShape, lstmBackward, lstmForward } from '../reference/lstm.js';
import { Arena, builds, instantiate, noise } from '../support/kernels.js';
import { LstmRun, lstmCase, pad4 } from '../support/lstm.js';

/** Everything a run leaves behind, as bits. */
function bits(build: (typeof builds)[number], shape: LstmShape): Uint32Array {
  const run = new LstmRun(build, lstmCase(shape));
  run.forward();
  const outputs = run.outputs();
  const dX = run.backward(true)!;
  const { kernel, recurrent, bias } = run.gradients();
  const all = [outputs, dX, kernel, recurrent, bias];
  return Uint32Array.from(all.flatMap((part) => [...new Uint32Array(part.buffer)]));
}

describe('the float64 twin', () => {
  it('has the gradients of its own forward pass, by central differences', () => {
    const shape = { B: 2, T: 4, I: 3, H: 3 };
    const { x, weights, h0, c0, dOut } = lstmCase(shape);
    const parts: Record<string, Float64Array> = {
      dX: Float64Array.from(x),
      kernel: Float64Array.from(weights.kernel),
      recurrent: Float64Array.from(weights.recurrent),
      bias: Float64Array.from(weights.bias),
    };
    const { dX: moved, kernel, recurrent, bias } = parts;
    const trace = () => lstmForward(shape, moved, { kernel, recurrent, bias }, h0, c0);
    const loss = () => dOut.reduce((sum, d, n) => sum + d * trace().h[shape.B * shape.H + n], 0);
    const gradients = lstmBackward(shape, moved, { kernel, recurrent, bias }, trace(), dOut);
    // the truncation error is step^2 / 6 times a third derivative of about 1 to 10, the
    // rounding error 2^-53 / step times a loss of about 10: both below 1e-9
    const step = 1e-5;
    for (const [name, values] of Object.entries(parts)) {
      for (let n = 0; n < values.length; n++) {
        const kept = values[n];
        values[n] = kept + step;
        const above = loss();
        values[n] = kept - step;
        const slope = (above - loss()) / (2 * step);
        values[n] = kept;
        const found = gradients[name as keyof typeof gradients][n];
        expect(Math.abs(slope - found), `${name}[${n}]`).toBeLessThan(1e-8);
      }
    }
  });
});

describe.each(builds)('lstm, %s build', (build) => {
  it.each([[{ B: 1, T: 9, I: 5, H: 7 }], [{ B: 33, T: 9, I: 9, H: 33 }]])(
    'gives the same bits in two runs: %o',
    (shape) => {
      expect(bits(build, shape)).toEqual(bits(build, shape));
    },
  );

  it.each([[{ B: 1, T: 3, I: 1, H: 5 }], [{ B: 7, T: 4, I: 6, H: 9 }]])(
    'begins a sequence from zero over an old state: %o',
    (shape) => {
      const problem = lstmCase(shape, { state: false });
      const [given, own] = [new LstmRun(build, problem), new LstmRun(build, problem)];
      given.forward();
      own.forwardFromZero();
      expect(own.outputs()).toEqual(given.outputs());
      expect(own.backward(true)).toEqual(given.backward(true));
      expect(own.gradients()).toEqual(given.gradients());
      expect(own.arena.damaged()).toEqual([]);
    },
  );

  it('gives a row the same bits whatever rows stand beside it', () => {
    const whole = { B: 11, T: 5, I: 7, H: 13 };
    const problem = lstmCase(whole);
    const run = new LstmRun(build, problem);
    run.forward();
    const all = run.outputs();
    for (let b = 0; b < whole.B; b++) {
      const pick = (values: Float32Array, n: number) =>
        values.filter((_, at) => Math.floor(at / n) % whole.B === b);
      const alone = new LstmRun(build, {
        ...problem,
        B: 1,
        x: pick(problem.x, whole.I),
        h0: pick(problem.h0, whole.H),
        c0: pick(problem.c0, whole.H),
      });
      alone.forward();
      expect(alone.outputs(), `row ${b}`).toEqual(pick(all, pad4(whole.H)));
    }
  });

  it('continues from the state that the last step left', () => {
    const whole = { B: 3, T: 8, I: 5, H: 6 };
    const problem = lstmCase(whole);
    const run = new LstmRun(build, problem);
    run.forward();
    const rows = whole.B * whole.H;
    const half = { ...problem, T: 4 };
    const first = new LstmRun(build, { ...half, x: problem.x.subarray(0, 4 * whole.B * whole.I) });
    first.forward();
    const hp = pad4(whole.H);
    const last = first.outputs().subarray(3 * whole.B * hp);
    const c = first.arena.floats(first.at.c + 16 * whole.B * hp, whole.B * hp);
    const unpad = (values: Float32Array) =>
      values.filter((_, n) => n % hp < whole.H).subarray(0, rows);
    const second = new LstmRun(build, {
      ...half,
      x: problem.x.subarray(4 * whole.B * whole.I),
      h0: unpad(last),
      c0: unpad(c),
    });
    second.forward();
    expect(second.outputs()).toEqual(run.outputs().subarray(4 * whole.B * hp));
  });

  it('keeps the padding of gradients at 0', () => {
    const shape = { B: 5, T: 3, I: 3, H: 6 };
    const run = new LstmRun(build, lstmCase(shape));
    run.forward();
    run.backward(false);
    const [ip, hp] = [pad4(shape.I), pad4(shape.H)];
    const dW = run.arena.floats(run.at.dW, 4 * hp * (ip + hp));
    const db = run.arena.floats(run.at.db, 4 * hp);
    const padding = (row: number, n: number, panel: number) =>
      (row >= shape.I && row < ip) || row >= ip + shape.H || 4 * panel + (n % 4) >= shape.H;
    dW.forEach((value, n) => {
      const [panel, row] = [Math.floor(n / 16 / (ip + hp)), Math.floor(n / 16) % (ip + hp)];
      if (padding(row, n, panel)) expect(value).toBe(0);
      else expect(value).not.toBe(0);
    });
    expect([...db].filter((value) => value !== 0).length).toBe(4 * shape.H);
  });

  it('unpacks what it packed', () => {
    const [I, H] = [5, 7];
    const arena = new Arena(build);
    const { kernels } = arena;
    const sizes = [I * 4 * H, H * 4 * H, 4 * H];
    const values = sizes.map((size, n) => noise(size, 1, n + 1));
    const from = values.map((value, n) => arena.put(`public ${n}`, value));
    const to = sizes.map((size, n) => arena.alloc(`unpacked ${n}`, size));
    const w = arena.alloc('w', kernels.lstmWeightFloats(I, H));
    const b = arena.alloc('b', kernels.lstmBiasFloats(H));
    kernels.lstmPack(I, H, from[0], from[1], from[2], w, b);
    kernels.lstmUnpack(I, H, w, b, to[0], to[1], to[2]);
    to.forEach((at, n) => {
      expect(arena.floats(at, sizes[n])).toEqual(values[n]);
    });
    expect(arena.damaged()).toEqual([]);
  });

  it('lets NaN and infinity through instead of hiding them', () => {
    for (const [value, expected] of [
      [Number.NaN, Number.isNaN],
      [Number.POSITIVE_INFINITY, (v: number) => !Number.isNaN(v) && Math.abs(v) <= 1],
    ] as const) {
      const problem = lstmCase({ B: 2, T: 2, I: 1, H: 4 });
      problem.x[0] = value;
      const run = new LstmRun(build, problem);
      run.forward();
      expect(run.outputs().subarray(0, 4).every(expected)).toBe(true);
      expect(run.outputs().subarray(4, 8).every(Number.isFinite)).toBe(true);
    }
  });
});

describe('sizes', () => {
  const kernels = instantiate('simd');

  it('grow beyond 32 bits without wrapping', () => {
    expect(kernels.lstmWeightFloats(1, 1e9)).toBe(4 * 1e9 * (1e9 + 4));
    expect(kernels.lstmScratchFloats(1e9, 1e9, 1e9, 1e9)).toBeGreaterThan(1e18);
    expect(kernels.lstmGatesFloats(1e6, 1e6, 1, 1)).toBe(20e12);
  });
});
