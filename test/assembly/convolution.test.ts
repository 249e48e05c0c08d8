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
  { B: 1, T: 1, O: 1, C: 1, K: 1, S: 1, d: 1, left: 0, N: 1 },
  { B: 3, T: 9, O: 7, C: 5, K: 3, S: 1, d: 1, left: 0, N: 7 },
  { B: 2, T: 11, O: 3, C: 2, K: 4, S: 3, d: 1, left: 0, N: 13 },
  { B: 3, T: 7, O: 7, C: 4, K: 3, S: 1, d: 1, left: 1, N: 6 },
  { B: 2, T: 5, O: 2, C: 3, K: 9, S: 3, d: 1, left: 3, N: 5 },
  { B: 1, T: 7, O: 7, C: 9, K: 2, S: 1, d: 4, left: 4, N: 9 },
  // windows that no step lies in
  { B: 2, T: 2, O: 2, C: 3, K: 2, S: 1, d: 5, left: 5, N: 3 },
  // several blocks of rows, and rows of a step in two of them
  { B: 33, T: 12, O: 12, C: 3, K: 2, S: 1, d: 1, left: 1, N: 12 },
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

const drawn = ({ B, T, O, C, K, N }: Conv) => ({
  x: Float64Array.from(noise(B * T * C, 1, 1)),
  w: Float64Array.from(noise(K * C * N, 1, 2)),
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
    const { B, T, O, C, K, S, d, left, N } = one;
    const { x, w, bias, dY } = drawn(one);
    const truth = convGradients(one, x, w, dY);
    for (const useBias of [true, false]) {
      const arena = new Arena(build);
      const k = arena.kernels;
      const shape = [B, T, O, C, K, S, d, left, N] as const;
      const floats = K * pad4(C) * pad4(N);
      const contiguous = (name: string, values: ArrayLike<number>) => {
        const at = arena.alloc(name, values.length);
        arena.floats(at, values.length).set(Array.from(values));
        return at;
      };
      const kernel = contiguous('kernel', w);
      const [packed, packedBias] = [
        arena.alloc('w', floats),
        useBias ? arena.alloc('b', pad4(N)) : 0,
      ];
      k.convPack(K, C, N, kernel, useBias ? contiguous('bias', bias) : 0, packed, packedBias);
      const rows = putMatrix(arena, 'x', T * B, C, turned(x, B, T, C), pad4(C) + 4);
      const y = putMatrix(arena, 'y', O * B, N, undefined, pad4(N) + 4);
      const scratch = arena.alloc('scratch', k.convScratchFloats(O * B, K, C));
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
      const db = useBias ? putMatrix(arena, 'db', 1, N) : undefined;
      const room = arena.alloc('room', k.convBackwardScratchFloats(O * B, K, C, N));
      const back = (toX: number, toW: number) => {
        const asks = [y.at, y.stride, asked.at, asked.stride, linear, toX, dX.stride] as const;
        k.convBackward(...shape, ...given, ...asks, toW, toW ? (db?.at ?? 0) : 0, room);
      };
      back(dX.at, 0);
      back(0, dW);
      expectCleanEdges(arena, dX);
      const inputs = turned(takeMatrix(arena, dX), T, B, C);
      expect(distance(inputs, truth.dX)).toBeLessThan(K * (N + 2) * U * 2 * (N + 1));
      const [toKernel, toBias] = [arena.alloc('to kernel', K * C * N), arena.alloc('to bias', N)];
      k.convUnpack(K, C, N, dW, db?.at ?? 0, toKernel, db ? toBias : 0);
      // sums of at most 160 roundings, see math/long-sums.ts, of O B numbers
      const bound = Math.min(160, O * B + 1) * U * 2 * O * B;
      expect(distance(arena.floats(toKernel, K * C * N), truth.dW)).toBeLessThan(bound);
      if (db) {
        expectCleanEdges(arena, db);
        expect(distance(arena.floats(toBias, N), truth.dB)).toBeLessThan(bound);
      }
      // both at once are the same
      const before = [...takeMatrix(arena, dX), ...arena.floats(dW, floats)];
      back(dX.at, dW);
      expect([...takeMatrix(arena, dX), ...arena.floats(dW, floats)]).toEqual(before);
      k.convUnpack(K, C, N, packed, packedBias, toKernel, useBias ? toBias : 0);
      expect([...arena.floats(toKernel, K * C * N)]).toEqual([...Float32Array.from(w)]);
      expect(arena.damaged()).toEqual([]);
    }
  });
});
