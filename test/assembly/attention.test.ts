// Kernels of attention against their twin at odd sizes, and gradients against central differences of it. u = 2^-24.
import { describe, expect, it } from 'vitest';
import { product, tanhScores, unified, weightsOf } from '../reference/attention.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';
import { distance } from '../support/near.js';

const U = 2 ** -24;
/** Of central differences in float64. */
const DIFFERENCES = 1e-9;

/** Of [B][T][C] in time-major rows: the matrix of sample b. */
const sample = (rows: ArrayLike<number>, B: number, b: number, T: number, C: number) =>
  Float64Array.from({ length: T * C }, (_, i) => rows[(Math.floor(i / C) * B + b) * C + (i % C)]);

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, one, i) => sum + one * b[i], 0);

const sizes = [
  [1, 1, 1, 1],
  [3, 5, 7, 2],
  [2, 4, 8, 12],
  [2, 1, 13, 9],
  [1, 9, 3, 17],
  [2, 6, 1, 5],
];

describe.each(builds)('attention, %s build', (build) => {
  it.each(sizes)('products of samples: B %i, M %i, K %i, N %i', (B, M, K, N) => {
    for (const aTurned of [false, true]) {
      for (const bTurned of [false, true]) {
        const arena = new Arena(build);
        const [aR, aC] = aTurned ? [K, M] : [M, K];
        const [bR, bC] = bTurned ? [N, K] : [K, N];
        const x = noise(B * M * K, 1, 1);
        const y = noise(B * K * N, 1, 2);
        const a = putMatrix(arena, 'a', aR * B, aC, x, pad4(aC) + 4);
        const b = putMatrix(arena, 'b', bR * B, bC, y, pad4(bC) + 4);
        const c = putMatrix(arena, 'c', M * B, N, undefined, pad4(N) + 8);
        const scratch = arena.alloc('scratch', arena.kernels.batchProductFloats(M, K, N));
        // biome-ignore format: the argument list of the contract
        arena.kernels.batchProduct(B, 1, M, K, N, a.at, a.stride, 0, Number(aTurned), b.at, b.stride, 0, Number(bTurned), c.at, c.stride, 0, scratch);
        expectCleanEdges(arena, c);
        const found = takeMatrix(arena, c);
        for (let s = 0; s < B; s++) {
          const left = sample(x, B, s, aR, aC);
          const right = sample(y, B, s, bR, bC);
          const truth = product([M, K, N], left, aTurned, right, bTurned);
          // K products below 1, and as many sums below K
          expect(distance(sample(found, B, s, M, N), truth)).toBeLessThan((K * K + K) * U);
        }
        expect(arena.damaged()).toEqual([]);
      }
    }
  });

  it('products of heads are those of matrices beside each other', () => {
    const [B, H, M, K, N] = [2, 3, 5, 4, 6];
    const arena = new Arena(build);
    const x = noise(B * M * H * K, 1, 3);
    const y = noise(B * N * H * K, 1, 4);
    const a = putMatrix(arena, 'a', M * B, H * K, x);
    const b = putMatrix(arena, 'b', N * B, H * K, y);
    const c = putMatrix(arena, 'c', H * M * B, N);
    const scratch = arena.alloc('scratch', arena.kernels.batchProductFloats(M, K, N));
    // biome-ignore format: the argument list of the contract
    arena.kernels.batchProduct(B, H, M, K, N, a.at, a.stride, K, 0, b.at, b.stride, K, 1, c.at, c.stride, M * B * c.stride, scratch);
    const found = takeMatrix(arena, c);
    for (let h = 0; h < H; h++) {
      const head = found.slice(h * M * B * N, (h + 1) * M * B * N);
      const part = (from: ArrayLike<number>, b: number, T: number) =>
        sample(from, B, b, T, H * K).filter((_, i) => Math.floor((i % (H * K)) / K) === h);
      for (let s = 0; s < B; s++) {
        const truth = product([M, K, N], part(x, s, M), false, part(y, s, N), true);
        expect(distance(sample(head, B, s, M, N), truth)).toBeLessThan((K * K + K) * U);
      }
    }
    expect(arena.damaged()).toEqual([]);
  });

  it.each([
    ['lower', 'MASK_LOWER'],
    ['replace', 'MASK_REPLACE'],
    ['clear', 'MASK_CLEAR'],
  ] as const)('softmax with masks, and back: %s', (mode, name) => {
    const [B, H, Tq, Tv] = [3, 2, 5, 7];
    const rows = H * Tq * B;
    const scores = noise(rows * Tv, 4, 5);
    const asked = noise(rows * Tv, 1, 6);
    // sample 1 has no step that counts; query steps count up to 4, 2, 5
    const [values, queries] = [
      [7, 0, 3],
      [4, 2, 5],
    ];
    for (const [causal, masked] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ]) {
      const arena = new Arena(build);
      const put = (what: string, lengths: number[]) => {
        const at = arena.alloc(what, B);
        new Int32Array(arena.kernels.memory.buffer, at, B).set(lengths);
        return at;
      };
      const [v, q] = masked ? [put('values', values), put('queries', queries)] : [0, 0];
      const p = putMatrix(arena, 'p', rows, Tv, scores, pad4(Tv) + 4);
      const scale = arena.put('scale', [0.75]);
      const number = (arena.kernels as unknown as Record<string, WebAssembly.Global>)[name].value;
      // biome-ignore format: the argument list of the contract
      arena.kernels.attentionSoftmax(B, H, Tq, Tv, 0, causal, 0.5, scale, q, v, 0, number, p.at, p.stride);
      expectCleanEdges(arena, p);
      const found = takeMatrix(arena, p);
      const d = putMatrix(arena, 'd', rows, Tv, asked, pad4(Tv) + 8);
      arena.kernels.attentionSoftmaxBackward(rows, Tv, p.at, p.stride, d.at, d.stride);
      if (mode === 'replace') {
        arena.kernels.attentionHide(B, H, Tq, Tv, causal, q, v, 0, d.at, d.stride);
      }
      expectCleanEdges(arena, d);
      const gradient = takeMatrix(arena, d);
      for (let h = 0; h < H; h++) {
        const head = (all: ArrayLike<number>, b: number) =>
          sample(Array.from(all).slice(h * Tq * B * Tv, (h + 1) * Tq * B * Tv), B, b, Tq, Tv);
        for (let b = 0; b < B; b++) {
          const hidden = (t: number, j: number) =>
            (causal === 1 && j > t) || (masked === 1 && (j >= values[b] || t >= queries[b]));
          const s = head(scores, b);
          const truth = weightsOf([Tq, Tv], s, 0.375, hidden, mode);
          // exp is off by 3 u, its argument, below 4, by 4 u, and the quotient by 2 u
          expect(distance(head(found, b), truth)).toBeLessThan(16 * U);
          if (mode === 'lower' && masked === 1) continue; // float64 keeps what 10^9 takes from float32
          const loss = () => dot(weightsOf([Tq, Tv], s, 0.375, hidden, mode), head(asked, b));
          const scaled = head(gradient, b).map((one) => one * 0.375);
          expect(gradientError(loss, s, scaled)).toBeLessThan(64 * U + DIFFERENCES);
        }
      }
      expect(arena.damaged()).toEqual([]);
    }
  });

  it.each([
    [3, 5, 7, 6, true],
    [2, 1, 3, 9, false],
    [1, 1, 1, 1, true],
    [2, 4, 2, 8, true],
  ] as const)('scores by tanh, and back: B %i, Tq %i, Tv %i, D %i', (B, Tq, Tv, D, all) => {
    const q = noise(Tq * B * D, 1, 7);
    const k = noise(Tv * B * D, 1, 8);
    const w = Float64Array.from(noise(D, 1, 9));
    const asked = noise(Tq * B * Tv, 1, 10);
    const scalars = Float64Array.from(all ? [0.75, -1.5] : [1, 1]);
    const arena = new Arena(build);
    const query = putMatrix(arena, 'q', Tq * B, D, q, pad4(D) + 4);
    const key = putMatrix(arena, 'k', Tv * B, D, k, pad4(D) + 8);
    const s = putMatrix(arena, 's', Tq * B, Tv, undefined, pad4(Tv) + 4);
    const [inner, outer] = all
      ? [...scalars].map((one, i) => arena.put(`scalar ${i}`, [one]))
      : [0, 0];
    const weights = putMatrix(arena, 'weights', 1, D, w);
    const at = all ? weights.at : 0;
    // biome-ignore format: the argument list of the contract
    arena.kernels.tanhScores(B, Tq, Tv, D, query.at, query.stride, key.at, key.stride, inner, at, outer, s.at, s.stride);
    expectCleanEdges(arena, s);
    const found = takeMatrix(arena, s);
    const dS = putMatrix(arena, 'dS', Tq * B, Tv, asked, pad4(Tv) + 4);
    const dQ = putMatrix(arena, 'dQ', Tq * B, D, undefined, pad4(D) + 4);
    const dK = putMatrix(arena, 'dK', Tv * B, D, undefined, pad4(D) + 4);
    const dW = putMatrix(arena, 'dW', 1, D);
    const [dInner, dOuter] = [arena.alloc('dInner', 1), arena.alloc('dOuter', 1)];
    const scratch = arena.alloc('scratch', arena.kernels.tanhScoresFloats(D));
    // biome-ignore format: the argument list of the contract
    arena.kernels.tanhScoresBackward(B, Tq, Tv, D, query.at, query.stride, key.at, key.stride, inner, at, outer, dS.at, dS.stride, dQ.at, dQ.stride, dK.at, dK.stride, dInner, dW.at, dOuter, scratch);
    for (const one of [dQ, dK, dW]) expectCleanEdges(arena, one);
    const queries = Array.from({ length: B }, (_, b) => sample(q, B, b, Tq, D));
    const keys = Array.from({ length: B }, (_, b) => sample(k, B, b, Tv, D));
    const scores = (b: number) =>
      tanhScores([Tq, Tv, D], queries[b], keys[b], scalars[0], all ? w : undefined, scalars[1]);
    const loss = () =>
      queries.reduce((sum, _, b) => sum + dot(scores(b), sample(asked, B, b, Tq, Tv)), 0);
    // tanh is off by 3.7e-7, 1 - tanh^2 by twice that; weights are below 1.5
    const NEAR = 1.5 * 8e-7 * D;
    for (let b = 0; b < B; b++) {
      expect(distance(sample(found, B, b, Tq, Tv), scores(b))).toBeLessThan(NEAR);
      const ofQuery = sample(takeMatrix(arena, dQ), B, b, Tq, D);
      const ofKey = sample(takeMatrix(arena, dK), B, b, Tv, D);
      expect(gradientError(loss, queries[b], ofQuery)).toBeLessThan(NEAR * Tv + DIFFERENCES);
      expect(gradientError(loss, keys[b], ofKey)).toBeLessThan(NEAR * Tq + DIFFERENCES);
    }
    const every = NEAR * B * Tq * Tv + DIFFERENCES;
    if (all) expect(gradientError(loss, w, takeMatrix(arena, dW))).toBeLessThan(every);
    const ofScalars = [arena.floats(dInner, 1)[0], arena.floats(dOuter, 1)[0]];
    expect(gradientError(loss, scalars, ofScalars)).toBeLessThan(every);
    expect(arena.damaged()).toEqual([]);
  });

  it.each([
    [1, 1, 1],
    [3, 5, 6],
    [2, 7, 9],
  ])('vectors of length 1, and back: B %i, T %i, C %i', (B, T, C) => {
    const x = noise(T * B * C, 1, 11);
    const asked = noise(T * B * C, 1, 12);
    for (const steps of [false, true]) {
      const arena = new Arena(build);
      const k = arena.kernels;
      const given = putMatrix(arena, 'x', T * B, C, x, pad4(C) + 4);
      const y = putMatrix(arena, 'y', T * B, C, undefined, pad4(C) + 8);
      const d = putMatrix(arena, 'd', T * B, C, asked, pad4(C) + 4);
      const inverses = arena.alloc('inverses', steps ? B * pad4(C) : T * B);
      const sums = [y.at, y.stride, inverses];
      if (steps) k.normalizeSteps(B, T, C, given.at, given.stride, ...sums);
      else k.normalizeRows(B * T, C, given.at, given.stride, ...sums);
      if (steps) k.normalizeStepsBackward(B, T, C, ...sums, d.at, d.stride);
      else k.normalizeRowsBackward(B * T, C, ...sums, d.at, d.stride);
      for (const one of [y, d]) expectCleanEdges(arena, one);
      for (let b = 0; b < B; b++) {
        const values = sample(x, B, b, T, C);
        const found = sample(takeMatrix(arena, y), B, b, T, C);
        expect(distance(found, unified(T, C, values, steps))).toBeLessThan(8 * U);
        const loss = () => dot(unified(T, C, values, steps), sample(asked, B, b, T, C));
        const gradient = sample(takeMatrix(arena, d), B, b, T, C);
        // factors 1 / length: no vector here is shorter than 0.05, which makes 20 of 16 roundings
        expect(gradientError(loss, values, gradient)).toBeLessThan(20 * 16 * U + 1e-6);
      }
      expect(arena.damaged()).toEqual([]);
    }
  });

  it('vectors of 0 stay 0, and their gradient is finite', () => {
    const arena = new Arena(build);
    const x = putMatrix(arena, 'x', 2, 3, [0, 0, 0, 1e-9, 0, 0]);
    const y = putMatrix(arena, 'y', 2, 3);
    const d = putMatrix(arena, 'd', 2, 3, [1, 0, 0, 0, 1, 0]);
    const inverses = arena.alloc('inverses', 2);
    arena.kernels.normalizeRows(2, 3, x.at, x.stride, y.at, y.stride, inverses);
    arena.kernels.normalizeRowsBackward(2, 3, y.at, y.stride, inverses, d.at, d.stride);
    expect([...takeMatrix(arena, y)]).toEqual(
      [0, 0, 0, Math.fround(1e-9) * 1e7, 0, 0].map(Math.fround),
    );
    expect([...takeMatrix(arena, d)]).toEqual([1e7, 0, 0, 0, 1e7, 0]);
  });
});
