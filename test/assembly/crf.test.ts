import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/pytorch/crf.json' with { type: 'json' };
import {
  bruteLogPartition,
  bruteMarginals,
  brutePath,
  type Crf,
  crfLoss,
  scoreOf,
  stepsOf,
} from '../reference/crf.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, maxDifference, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';

const U = 2 ** -24;

/** A field with tags; lengths from T down to 1. */
function draw(B: number, T: number, K: number, lengths: boolean, scale = 2) {
  const crf: Crf = {
    B,
    T,
    K,
    x: noise(T * B * K, scale, 1),
    transitions: noise(K * K, scale, 2),
    start: noise(K, 1, 3),
    end: noise(K, 1, 4),
    lengths: lengths ? Array.from({ length: B }, (_, b) => T - ((b * 2) % T)) : undefined,
  };
  const tags = Array.from({ length: T * B }, (_, n) => (n * 7 + 3) % K);
  return { crf, tags };
}

/** The kernels over a field: what they give, after a look at what they wrote beside it. */
function run(build: (typeof builds)[number], crf: Crf, tags: readonly number[]) {
  const { B, T, K } = crf;
  const Kp = pad4(K);
  const arena = new Arena(build);
  const x = putMatrix(arena, 'x', T * B, K, crf.x, Kp + 4);
  const rows = [...Array.from(crf.transitions), ...Array.from(crf.start), ...Array.from(crf.end)];
  const w = putMatrix(arena, 'w', K + 2, K, rows);
  const hot = tags.flatMap((tag) => Array.from({ length: K }, (_, k) => (k === tag ? 1 : 0)));
  const t = putMatrix(arena, 't', T * B, K, hot, Kp + 8);
  const lengths = crf.lengths ? arena.alloc('lengths', B) : 0;
  if (lengths) {
    new Int32Array(arena.kernels.memory.buffer, lengths, B).set(crf.lengths as number[]);
  }
  const weights = crf.weights
    ? arena.put(
        'weights',
        Array.from({ length: T * B }, (_, n) => crf.weights?.[n % B] as number),
      )
    : 0;
  const alpha = arena.alloc('alpha', T * B * Kp);
  const row = arena.alloc('row', Kp);
  const { kernels } = arena;
  const scratch = arena.alloc('scratch', kernels.crfBackwardScratchFloats(K));
  const search = arena.alloc('search', kernels.crfDecodeScratchFloats(T, K));
  const dX = putMatrix(arena, 'dX', T * B, K, undefined, Kp + 4);
  const p = putMatrix(arena, 'p', T * B, K, undefined, Kp + 8);
  const y = putMatrix(arena, 'y', T * B, K, undefined, Kp + 4);
  const dW = putMatrix(arena, 'dW', K + 2, K);
  // biome-ignore format: the kernels' argument lists
  const loss = kernels.crfForward(
    B, T, K, x.at, x.stride, w.at, lengths, t.at, t.stride, weights, alpha, row,
  );
  // biome-ignore format: the same
  kernels.crfBackward(
    B, T, K, x.at, x.stride, w.at, lengths, t.at, t.stride, weights, alpha, dX.at, dX.stride,
    dW.at, scratch,
  );
  // biome-ignore format: the same
  kernels.crfMarginals(
    B, T, K, x.at, x.stride, w.at, lengths, alpha, p.at, p.stride, scratch,
  );
  kernels.crfDecode(B, T, K, x.at, x.stride, w.at, lengths, y.at, y.stride, search);
  // gradients that are not finite are thrown away as a whole, padding and all
  const kept = Array.from(crf.x).every(Number.isFinite) ? [dX, p, y, dW] : [y];
  for (const matrix of kept) expectCleanEdges(arena, matrix);
  expect(arena.damaged()).toEqual([]);
  const gradients = takeMatrix(arena, dW);
  const hits = takeMatrix(arena, y);
  const paths = Array.from({ length: B }, (_, b) =>
    Array.from({ length: stepsOf(crf, b) }, (_, s) => {
      const at = (s * B + b) * K;
      return hits.subarray(at, at + K).indexOf(1);
    }),
  );
  return {
    loss,
    dX: takeMatrix(arena, dX),
    dTransitions: gradients.subarray(0, K * K),
    dStart: gradients.subarray(K * K, K * K + K),
    dEnd: gradients.subarray(K * K + K),
    marginals: takeMatrix(arena, p),
    hits,
    paths,
  };
}

describe('the float64 twin of the CRF', () => {
  it.each([false, true])('equals the sum over all paths, with lengths %s', (lengths) => {
    const { crf, tags } = draw(3, 5, 3, lengths);
    const { loss, marginals } = crfLoss(crf, tags);
    let expected = 0;
    for (let b = 0; b < 3; b++) {
      const path = Array.from({ length: stepsOf(crf, b) }, (_, t) => tags[t * 3 + b]);
      expected += (bruteLogPartition(crf, b) - scoreOf(crf, b, path)) / 3;
      bruteMarginals(crf, b).forEach((row, t) => {
        const at = (t * 3 + b) * 3;
        expect(maxDifference(row, marginals.subarray(at, at + 3))).toBeLessThan(1e-12);
      });
    }
    expect(Math.abs(loss - expected)).toBeLessThan(1e-12);
  });

  it('has the gradients of finite differences', () => {
    const { crf, tags } = draw(3, 4, 3, true);
    const weights = [1, 0.5, 2];
    const values = {
      x: Float64Array.from(crf.x),
      transitions: Float64Array.from(crf.transitions),
      start: Float64Array.from(crf.start),
      end: Float64Array.from(crf.end),
    };
    const loss = () => crfLoss({ ...crf, ...values, weights }, tags).loss;
    const { dX, dTransitions, dStart, dEnd } = crfLoss({ ...crf, ...values, weights }, tags);
    expect(gradientError(loss, values.x, dX)).toBeLessThan(1e-8);
    expect(gradientError(loss, values.transitions, dTransitions)).toBeLessThan(1e-8);
    expect(gradientError(loss, values.start, dStart)).toBeLessThan(1e-8);
    expect(gradientError(loss, values.end, dEnd)).toBeLessThan(1e-8);
  });
});

const shapes = [
  [1, 1, 2],
  [1, 5, 3],
  [3, 4, 4],
  [2, 1, 7],
  [5, 9, 5],
  [4, 3, 17],
  [7, 6, 9],
].map(([B, T, K]) => [`B ${B}, T ${T}, K ${K}`, B, T, K] as const);

/** Scores stay below 4 a step; a step rounds them thrice, its sum K times, exp and log add 4 ulp. */
const tolerance = (T: number, K: number) => T * (16 + K) * 4 * U;

describe.each(builds)('the CRF, %s build', (build) => {
  describe.each([false, true])('with lengths %s', (lengths) => {
    it.each(shapes)('equals the float64 twin: %s', (_, B, T, K) => {
      const { crf, tags } = draw(B, T, K, lengths);
      crf.weights = Array.from({ length: B }, (_, b) => (b % 3) / 2 + 0.5);
      const found = run(build, crf, tags);
      const expected = crfLoss(crf, tags);
      const most = tolerance(T, K);
      expect(Math.abs(found.loss - expected.loss)).toBeLessThan(most);
      // probabilities are at most 1, and as far off as the logarithms that they come of
      expect(maxDifference(found.marginals, expected.marginals)).toBeLessThan(most);
      expect(maxDifference(found.dX, expected.dX)).toBeLessThan(2 * most);
      // sums over up to T steps of B samples, weights up to 1.5
      for (const name of ['dTransitions', 'dStart', 'dEnd'] as const) {
        expect(maxDifference(found[name], expected[name]), name).toBeLessThan(2 * T * most);
      }
    });
  });

  it.each([
    [4, 5, 3],
    [3, 4, 5],
  ])('finds the best of all paths: B %i, T %i, K %i', (B, T, K) => {
    for (const lengths of [false, true]) {
      const { crf, tags } = draw(B, T, K, lengths);
      const { paths, hits } = run(build, crf, tags);
      for (let b = 0; b < B; b++) expect(paths[b]).toEqual(brutePath(crf, b));
      // one 1 a step, and nothing past the end
      const steps = paths.reduce((sum, path) => sum + path.length, 0);
      expect(hits.reduce((sum, value) => sum + value, 0)).toBe(steps);
    }
  });

  it('takes scores of any size, and keeps its digits over 500 steps', () => {
    const { crf, tags } = draw(2, 500, 3, false);
    const found = run(build, crf, tags);
    const expected = crfLoss(crf, tags);
    // roundings of the steps are of both signs
    expect(Math.abs(found.loss - expected.loss)).toBeLessThan(tolerance(500, 3));
    expect(maxDifference(found.marginals, expected.marginals)).toBeLessThan(1e-5);
    const large = draw(2, 6, 3, false, 1e4);
    const { loss, dX, paths } = run(build, large.crf, large.tags);
    const twin = crfLoss(large.crf, large.tags);
    expect(Math.abs(loss - twin.loss)).toBeLessThan(6 * 8 * U * 1e4 * 4);
    expect(maxDifference(dX, twin.dX)).toBeLessThan(0.01);
    for (let b = 0; b < 2; b++) expect(paths[b]).toEqual(brutePath(large.crf, b));
  });

  it('skips samples of length 0, and marks what left float32', () => {
    const { crf, tags } = draw(2, 3, 3, false);
    const empty = run(build, { ...crf, lengths: [3, 0] }, tags);
    const expected = crfLoss({ ...crf, lengths: [3, 0] }, tags);
    expect(Math.abs(empty.loss - expected.loss)).toBeLessThan(tolerance(3, 3));
    expect(empty.paths[1]).toEqual([]);
    expect(maxDifference(empty.dX, expected.dX)).toBeLessThan(2 * tolerance(3, 3));
    const x = Float64Array.from(crf.x);
    x[1] = Number.POSITIVE_INFINITY;
    expect(run(build, { ...crf, x }, tags).hits.some(Number.isNaN)).toBe(true);
  });

  it.each(['whole', 'masked'] as const)('equals pytorch-crf: %s', (kind) => {
    const { B, T, K, lengths, emissions: x, transitions, start, end, tags } = fixture;
    const crf: Crf = { B, T, K, x, transitions, start, end };
    if (kind === 'masked') crf.lengths = lengths;
    const found = run(build, crf, tags);
    const expected = fixture[kind];
    // emissions are up to 5
    const most = 2 * tolerance(T, K);
    expect(Math.abs(found.loss - expected.loss)).toBeLessThan(most);
    for (const name of ['dX', 'dTransitions', 'dStart', 'dEnd'] as const) {
      expect(maxDifference(found[name], expected[name]), name).toBeLessThan(2 * most);
    }
    expect(found.paths).toEqual(expected.paths);
  });
});
