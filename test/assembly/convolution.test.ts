// The kernels of convolution against their twin at odd sizes, and the twin's gradients against central differences of it.
import { describe, expect, it } from 'vitest';
import { type Conv, conv, convGradients } from '../reference/convolution.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';
import { distance } from '../support/near.js';

const U = 2 ** -24;
// biome-ignore format: a table
const sizes: Conv[] = [
  { B: 1, T: 1, O: 1, C: 1, K: 1, S: 1, d: 1, left: 0, N: 1, G: 1 },
  { B: 3, T: 9, O: 7, C: 5, K: 3, S: 1, d: 1, left: 0, N: 7, G: 1 },
  { B: 2, T: 11, O: 3, C: 2, K: 4, S: 3, d: 1, left: 0, N: 13, G: 1 },
  { B: 3, T: 7, O: 7, C: 4, K: 3, S: 1, d: 1, left: 1, N: 6, G: 1 },
  { B: 2, T: 5, O: 2, C: 3, K: 9, S: 3, d: 1, left: 3, N: 5, G: 1 },
  { B: 1, T: 7, O: 7, C: 9, K: 2, S: 1, d: 4, left: 4, N: 9, G: 1 },
  // windows that no step lies in, and strides longer than a window
  { B: 2, T: 2, O: 2, C: 3, K: 2, S: 1, d: 5, left: 5, N: 3, G: 1 },
  { B: 2, T: 13, O: 3, C: 3, K: 2, S: 5, d: 1, left: 0, N: 21, G: 1 },
  // one sequence, whose windows are stretches without gaps; more steps in strides than samples
  { B: 1, T: 19, O: 17, C: 4, K: 3, S: 1, d: 1, left: 0, N: 20, G: 1 },
  { B: 2, T: 23, O: 12, C: 6, K: 3, S: 2, d: 1, left: 1, N: 17, G: 1 },
  // taps that share a transposed stretch
  { B: 3, T: 14, O: 14, C: 13, K: 4, S: 1, d: 2, left: 3, N: 28, G: 1 },
  // groups: of whole vectors, of parts of them, each column by itself
  { B: 3, T: 6, O: 6, C: 8, K: 3, S: 1, d: 1, left: 1, N: 24, G: 2 },
  { B: 2, T: 9, O: 5, C: 9, K: 3, S: 2, d: 1, left: 1, N: 15, G: 3 },
  { B: 3, T: 5, O: 5, C: 7, K: 2, S: 1, d: 1, left: 1, N: 7, G: 7 },
  { B: 2, T: 5, O: 4, C: 2, K: 2, S: 1, d: 1, left: 0, N: 10, G: 2 },
  { B: 3, T: 11, O: 11, C: 26, K: 2, S: 1, d: 1, left: 1, N: 8, G: 2 },
  // several blocks of rows, and rows of a step in two of them
  { B: 33, T: 12, O: 12, C: 3, K: 2, S: 1, d: 1, left: 1, N: 12, G: 1 },
];
const named = sizes.map((one) => [JSON.stringify(one).replaceAll('"', ''), one] as const);

/** [B][T][C] <-> time-major rows. */
function turned(values: ArrayLike<number>, outer: number, inner: number, C: number): Float64Array {
  const to = new Float64Array(values.length);
  for (let a = 0; a < outer; a++) {
    for (let b = 0; b < inner; b++) {
      for (let c = 0; c < C; c++) to[(b * outer + a) * C + c] = values[(a * inner + b) * C + c];
    }
  }
  return to;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, one, i) => sum + one * b[i], 0);

const drawn = ({ B, T, O, C, K, N, G }: Conv) => ({
  x: Float64Array.from(noise(B * T * C, 1, 1)),
  w: Float64Array.from(noise((K * C * N) / G, 1, 2)),
  bias: Float64Array.from(noise(N, 1, 3)),
  dY: Float64Array.from(noise(B * O * N, 1, 4)),
});

it.each(named.slice(0, -1))('the twin has the gradients of central differences: %s', (_, one) => {
  const { x, w, bias, dY } = drawn(one);
  const { dX, dW, dB } = convGradients(one, x, w, dY);
  const loss = () => dot(conv(one, x, w, bias), dY);
  for (const [values, gradient] of [
    [x, dX],
    [w, dW],
    [bias, dB],
  ]) {
    expect(gradientError(loss, values, gradient)).toBeLessThan(1e-8);
  }
});

describe.each(builds)('convolution, %s build', (build) => {
  it.each(named)('equals its twin: %s', (_, one) => {
    const { B, T, O, C, K, S, d, left, N, G } = one;
    const { x, w, bias, dY } = drawn(one);
    const truth = convGradients(one, x, w, dY);
    for (const useBias of [true, false]) {
      const arena = new Arena(build);
      const k = arena.kernels;
      const shape = [B, T, O, C, K, S, d, left, N, G] as const;
      const floats = k.convWeightFloats(K, C, N, G);
      const biases = k.convBiasFloats(N, G);
      const numbers = w.length;
      const contiguous = (name: string, values: ArrayLike<number>) => {
        const at = arena.alloc(name, values.length);
        arena.floats(at, values.length).set(Array.from(values));
        return at;
      };
      const kernel = contiguous('kernel', w);
      const [packed, packedBias] = [
        arena.alloc('w', floats),
        useBias ? arena.alloc('b', biases) : 0,
      ];
      k.convPack(K, C, N, G, kernel, useBias ? contiguous('bias', bias) : 0, packed, packedBias);
      const rows = putMatrix(arena, 'x', T * B, C, turned(x, B, T, C), pad4(C) + 4);
      const y = putMatrix(arena, 'y', O * B, N, undefined, pad4(N) + 4);
      const scratch = arena.alloc('scratch', k.convScratchFloats(O * B, N, G));
      const linear = (k.ACT_LINEAR as unknown as WebAssembly.Global).value;
      const given = [rows.at, rows.stride, packed] as const;
      k.convForward(...shape, ...given, packedBias, linear, y.at, y.stride, scratch);
      expectCleanEdges(arena, y);
      // one chain of K C products and the bias
      const expected = conv(one, x, w, useBias ? bias : undefined);
      const found = turned(takeMatrix(arena, y), O, B, N);
      expect(distance(found, expected)).toBeLessThan((K * C + 2) * U * 2 * (K * C + 1));

      const asked = putMatrix(arena, 'dY', O * B, N, turned(dY, B, O, N), pad4(N) + 4);
      const dX = putMatrix(arena, 'dX', T * B, C, undefined, pad4(C) + 8);
      const dW = arena.alloc('dW', floats);
      const db = useBias ? arena.alloc('db', biases) : 0;
      const room = arena.alloc('room', k.convBackwardScratchFloats(T * B, O * B, C, K, N, G));
      const back = (toX: number, toW: number) => {
        const asks = [y.at, y.stride, asked.at, asked.stride, linear, toX, dX.stride] as const;
        k.convBackward(...shape, ...given, ...asks, toW, toW ? db : 0, room);
      };
      back(dX.at, 0);
      back(0, dW);
      expectCleanEdges(arena, dX);
      const inputs = turned(takeMatrix(arena, dX), T, B, C);
      expect(distance(inputs, truth.dX)).toBeLessThan(K * (N + 2) * U * 2 * (N + 1));
      const [toKernel, toBias] = [arena.alloc('to kernel', numbers), arena.alloc('to bias', N)];
      k.convUnpack(K, C, N, G, dW, db, toKernel, db ? toBias : 0);
      // sums of at most 160 roundings, see math/long-sums.ts, of O B numbers
      const bound = Math.min(160, O * B + 1) * U * 2 * O * B;
      expect(distance(arena.floats(toKernel, numbers), truth.dW)).toBeLessThan(bound);
      if (db) {
        // padding is 0
        const bare = arena.floats(db, biases).filter((value) => value !== 0);
        expect(bare.length).toBeLessThanOrEqual(N);
        expect(distance(arena.floats(toBias, N), truth.dB)).toBeLessThan(bound);
      }
      // both at once are the same
      const before = [...takeMatrix(arena, dX), ...arena.floats(dW, floats)];
      back(dX.at, dW);
      expect([...takeMatrix(arena, dX), ...arena.floats(dW, floats)]).toEqual(before);
      k.convUnpack(K, C, N, G, packed, packedBias, toKernel, useBias ? toBias : 0);
      expect([...arena.floats(toKernel, numbers)]).toEqual([...Float32Array.from(w)]);
      expect(arena.damaged()).toEqual([]);
    }
  });
});
