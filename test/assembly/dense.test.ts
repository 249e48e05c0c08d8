import { describe, expect, it } from 'vitest';
import {
  type Activation,
  type DenseShape,
  denseBackward,
  denseForward,
} from '../reference/dense.js';
import { gradientError } from '../support/gradient.js';
import { Arena, type Build, builds, maxDifference, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, type Matrix, putMatrix, takeMatrix } from '../support/matrix.js';

// No multiples of a vector, a tile (4 x 8), a row block (64) or a packed block (128); and the ones.
const shapes: DenseShape[] = [
  { R: 1, K: 1, N: 1 },
  { R: 1, K: 7, N: 3 },
  { R: 2, K: 3, N: 5 },
  { R: 3, K: 5, N: 1 },
  { R: 5, K: 2, N: 13 },
  { R: 7, K: 13, N: 7 },
  { R: 33, K: 33, N: 33 },
  { R: 65, K: 12, N: 20 },
  { R: 131, K: 7, N: 10 },
  { R: 128, K: 1, N: 4 },
  { R: 4, K: 64, N: 12 },
  { R: 257, K: 9, N: 17 },
];
// Past 512 rows, inputs and outputs, and past one group of blocks of rows.
const large: DenseShape[] = [
  { R: 1031, K: 5, N: 3 },
  { R: 3, K: 517, N: 521 },
  { R: 4229, K: 2, N: 5 },
];
const activations: Activation[] = ['linear', 'tanh', 'sigmoid', 'relu', 'softmax', 'hardSigmoid'];
const cases = activations.flatMap((activation) =>
  [...shapes, ...(activation === 'tanh' ? large : [])].map(
    (s) => [`${activation}, R ${s.R}, K ${s.K}, N ${s.N}`, activation, s] as const,
  ),
);

/** One float32 rounding, relative. A sum of n products is off by at most (n + 1) U sum |products|. */
const U = 2 ** -24;
/** A sum over rows is as good as one of 160 of them, see long-sums.test.ts. */
const rowTerms = (R: number) => Math.min(R, 160);
/** What the vector tanh, sigmoid and exp are off at most (assembly/activations.ts), rounded up. */
const ACTIVATION = 5e-7;

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((max, v) => Math.max(max, Math.abs(v)), 0);
const absolute = (values: ArrayLike<number>) => Float64Array.from(values, Math.abs);

/** A dense layer with its buffers in a guarded memory. */
class DenseRun {
  readonly arena: Arena;
  readonly x: Float32Array;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  private readonly shape: DenseShape;
  private readonly id: number;
  private readonly at: { x: Matrix; y: Matrix; w: number; b: number };

  constructor(build: Build, shape: DenseShape, activation: Activation, x?: Float32Array) {
    const { R, K, N } = shape;
    this.shape = shape;
    this.arena = new Arena(build);
    const { kernels } = this.arena;
    const key = `ACT_${activation.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
    this.id = (kernels[key] as unknown as WebAssembly.Global).value;
    this.x = x ?? noise(R * K, 2, 1);
    this.kernel = noise(K * N, 2 / Math.sqrt(K), 2);
    this.bias = noise(N, 1, 3);
    const w = this.arena.alloc('w', pad4(K) * pad4(N));
    const b = this.arena.alloc('b', pad4(N));
    const kernel = this.arena.put('kernel', this.kernel);
    const bias = this.arena.put('bias', this.bias);
    kernels.densePack(K, N, kernel, bias, w, b);
    const input = putMatrix(this.arena, 'x', R, K, this.x, pad4(K) + 8);
    this.at = { x: input, y: putMatrix(this.arena, 'y', R, N, undefined, pad4(N) + 4), w, b };
  }

  forward(): Float32Array {
    const { R, K, N } = this.shape;
    const { x, y, w, b } = this.at;
    this.arena.kernels.denseForward(R, K, N, x.at, x.stride, w, b, this.id, y.at, y.stride);
    expectCleanEdges(this.arena, y);
    expect(this.arena.damaged()).toEqual([]);
    return takeMatrix(this.arena, y);
  }

  backward(dY: Float32Array, wanted: boolean) {
    const { R, K, N } = this.shape;
    const { x, y, w } = this.at;
    const { arena } = this;
    const k = arena.kernels;
    const g = putMatrix(arena, 'dY', R, N, dY, pad4(N) + 8);
    const dX = putMatrix(arena, 'dX', R, K, undefined, pad4(K) + 4);
    const dW = arena.alloc('dW', pad4(K) * pad4(N));
    const db = arena.alloc('db', pad4(N));
    const scratch = arena.alloc('scratch', k.denseScratchFloats(R, K, N));
    const target = wanted ? dX.at : 0;
    // biome-ignore format: the kernel's argument list
    k.denseBackward(
      R, K, N, x.at, x.stride, w, y.at, y.stride, g.at, g.stride, this.id, target, dX.stride, dW, db, scratch,
    );
    const kernel = arena.alloc('dKernel', K * N);
    const bias = arena.alloc('dBias', N);
    const sum = (at: number, n: number) => arena.floats(at, n).reduce((s, v) => s + Math.abs(v), 0);
    k.denseUnpack(K, N, dW, db, kernel, bias);
    // What unpacking leaves behind is padding, and that must hold 0.
    expect(sum(dW, pad4(K) * pad4(N))).toBeCloseTo(sum(kernel, K * N), 2);
    expect(arena.floats(db, pad4(N)).subarray(N)).toEqual(new Float32Array(pad4(N) - N));
    expectCleanEdges(arena, g);
    if (wanted) expectCleanEdges(arena, dX);
    else expect(arena.floats(dX.at, R * dX.stride).every(Number.isNaN)).toBe(true);
    expect(arena.damaged()).toEqual([]);
    return {
      dZ: takeMatrix(arena, g),
      dX: takeMatrix(arena, dX),
      kernel: arena.floats(kernel, K * N).slice(),
      bias: arena.floats(bias, N).slice(),
    };
  }
}

describe('the float64 twin of dense', () => {
  it.each(activations)('has the gradients of finite differences: %s', (activation) => {
    const shape = { R: 3, K: 5, N: 4 };
    const x = Float64Array.from(noise(15, 1, 1));
    const kernel = Float64Array.from(noise(20, 1, 2));
    const bias = Float64Array.from(noise(4, 1, 3));
    const dY = noise(12, 1, 4);
    const loss = () =>
      denseForward(shape, activation, x, kernel, bias).reduce((s, v, n) => s + v * dY[n], 0);
    const y = denseForward(shape, activation, x, kernel, bias);
    const found = denseBackward(shape, activation, x, kernel, y, dY);
    expect(gradientError(loss, x, found.dX)).toBeLessThan(1e-8);
    expect(gradientError(loss, kernel, found.kernel)).toBeLessThan(1e-8);
    expect(gradientError(loss, bias, found.bias)).toBeLessThan(1e-8);
  });
});

describe.each(builds)('dense, %s build', (build) => {
  it.each(cases)('forward equals the float64 twin: %s', (_, activation, shape) => {
    const run = new DenseRun(build, shape, activation);
    const expected = denseForward(shape, activation, run.x, run.kernel, run.bias);
    // The argument carries the error of its sum; no activation has a slope above 1.
    const sums = denseForward(
      shape,
      'linear',
      absolute(run.x),
      absolute(run.kernel),
      absolute(run.bias),
    );
    const tolerance = (shape.K + 1) * U * largest(sums) + ACTIVATION;
    expect(maxDifference(run.forward(), expected)).toBeLessThan(tolerance);
  });

  it.each(cases)('backward equals the float64 twin: %s', (_, activation, shape) => {
    const { R, N } = shape;
    const run = new DenseRun(build, shape, activation);
    const y = run.forward();
    const dY = noise(R * N, 1, 5);
    const expected = denseBackward(shape, activation, run.x, run.kernel, y, dY);
    const found = run.backward(dY, true);
    // dZ: a few roundings, for softmax a sum over the row; then sums over N or R of products.
    const dZError = (6 + N) * U * largest(dY);
    const sums = denseBackward(
      shape,
      'linear',
      absolute(run.x),
      absolute(run.kernel),
      y,
      absolute(expected.dZ).map((v) => v + dZError),
    );
    const tolerance = (terms: number, of: Float64Array) =>
      (terms + 1) * U * largest(of) + (dZError * largest(of)) / (largest(expected.dZ) + dZError);
    expect(maxDifference(found.dZ, expected.dZ)).toBeLessThan(dZError);
    expect(maxDifference(found.dX, expected.dX)).toBeLessThan(tolerance(N, sums.dX));
    expect(maxDifference(found.kernel, expected.kernel)).toBeLessThan(
      tolerance(rowTerms(R), sums.kernel),
    );
    expect(maxDifference(found.bias, expected.bias)).toBeLessThan(
      tolerance(rowTerms(R), sums.bias),
    );
  });

  it('leaves dX alone when it is not wanted, and gives the same parameter gradients', () => {
    const shape = { R: 37, K: 11, N: 9 };
    const dY = noise(shape.R * shape.N, 1, 5);
    const [all, some] = [true, false].map((wanted) => {
      const run = new DenseRun(build, shape, 'tanh');
      run.forward();
      return run.backward(dY, wanted);
    });
    expect(some.kernel).toEqual(all.kernel);
    expect(some.bias).toEqual(all.bias);
  });

  it('gives a row the same bits whatever rows stand beside it', () => {
    const x = noise(67 * 19, 2, 1);
    const all = new DenseRun(build, { R: 67, K: 19, N: 21 }, 'sigmoid', x).forward();
    for (const r of [0, 3, 64, 66]) {
      const row = x.slice(r * 19, r * 19 + 19);
      const alone = new DenseRun(build, { R: 1, K: 19, N: 21 }, 'sigmoid', row).forward();
      expect(all.slice(r * 21, r * 21 + 21)).toEqual(alone);
    }
  });

  it('packs and unpacks without loss', () => {
    for (const { K, N } of [...shapes, ...large]) {
      const arena = new Arena(build);
      const kernel = noise(K * N, 1, 7);
      const bias = noise(N, 1, 8);
      const w = arena.alloc('w', pad4(K) * pad4(N));
      const b = arena.alloc('b', pad4(N));
      const [from, fromBias] = [arena.put('kernel', kernel), arena.put('bias', bias)];
      const [to, toBias] = [arena.alloc('kernel', K * N), arena.alloc('bias', N)];
      arena.kernels.densePack(K, N, from, fromBias, w, b);
      arena.kernels.denseUnpack(K, N, w, b, to, toBias);
      expect(arena.floats(to, K * N)).toEqual(kernel);
      expect(arena.floats(toBias, N)).toEqual(bias);
      // The padding of w holds 0: all that is not 0 came out again.
      const filled = (values: Float32Array) => values.filter((v) => v !== 0).length;
      expect(filled(arena.floats(w, pad4(K) * pad4(N)))).toBe(filled(kernel));
      expect(arena.damaged()).toEqual([]);
    }
  });

  it('keeps softmax finite at logits of 10000 either way, and lets NaN through relu', () => {
    const shape = { R: 3, K: 1, N: 5 };
    const arena = new Arena(build);
    const k = arena.kernels;
    const id = (name: string) => (k[name] as unknown as WebAssembly.Global).value;
    const w = arena.alloc('w', 4 * 8);
    const b = arena.alloc('b', 8);
    const kernel = arena.put('kernel', [1, -1, 0, 1, 0.5]);
    k.densePack(1, 5, kernel, arena.put('bias', new Float32Array(5)), w, b);
    const x = putMatrix(arena, 'x', 3, 1, [1e4, -1e4, Number.NaN]);
    const y = putMatrix(arena, 'y', 3, 5);
    k.denseForward(shape.R, 1, 5, x.at, 4, w, b, id('ACT_SOFTMAX'), y.at, 8);
    const p = takeMatrix(arena, y);
    expect(maxDifference(p.subarray(0, 5), [0.5, 0, 0, 0.5, 0])).toBeLessThan(1e-30);
    expect(maxDifference(p.subarray(5, 10), [0, 1, 0, 0, 0])).toBeLessThan(1e-30);
    k.denseForward(shape.R, 1, 5, x.at, 4, w, b, id('ACT_RELU'), y.at, 8);
    expect([...takeMatrix(arena, y).subarray(10)].every(Number.isNaN)).toBe(true);
  });
});
