// A linear-chain CRF in float64 and plain loops: forward-backward, Viterbi, and both by going through
// all K^L paths. Rows of x are t * B + b.

export interface Crf {
  B: number;
  T: number;
  K: number;
  x: ArrayLike<number>;
  /** [K][K], [K], [K]. */
  transitions: ArrayLike<number>;
  start: ArrayLike<number>;
  end: ArrayLike<number>;
  lengths?: readonly number[];
  /** A factor for each sample. */
  weights?: readonly number[];
}

export const stepsOf = ({ T, lengths }: Crf, b: number) => lengths?.[b] ?? T;

const logSum = (values: readonly number[]) => {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
};

/** The score of a path of sample b. */
export function scoreOf(crf: Crf, b: number, path: readonly number[]): number {
  const { B, K, x, transitions, start, end } = crf;
  let score = start[path[0]] + end[path[path.length - 1]];
  path.forEach((tag, t) => {
    score += x[(t * B + b) * K + tag];
    if (t > 0) score += transitions[path[t - 1] * K + tag];
  });
  return score;
}

/** All paths of sample b, in the order of their tags as a number whose last digit is the first step. */
export function pathsOf(crf: Crf, b: number): number[][] {
  let paths: number[][] = [[]];
  for (let t = 0; t < stepsOf(crf, b); t++) {
    paths = paths.flatMap((path) => Array.from({ length: crf.K }, (_, k) => [...path, k]));
  }
  return paths;
}

/** log(sum of exp(score)) over all paths. */
export const bruteLogPartition = (crf: Crf, b: number): number =>
  logSum(pathsOf(crf, b).map((path) => scoreOf(crf, b, path)));

/** P(tag k in step t), [t][k], over all paths. */
export function bruteMarginals(crf: Crf, b: number): number[][] {
  const total = bruteLogPartition(crf, b);
  const sums = Array.from({ length: stepsOf(crf, b) }, () => new Array(crf.K).fill(0));
  for (const path of pathsOf(crf, b)) {
    const p = Math.exp(scoreOf(crf, b, path) - total);
    path.forEach((tag, t) => {
      sums[t][tag] += p;
    });
  }
  return sums;
}

export function brutePath(crf: Crf, b: number): number[] {
  const scored = pathsOf(crf, b).map((path) => ({ path, score: scoreOf(crf, b, path) }));
  return scored.reduce((best, one) => (one.score > best.score ? one : best)).path;
}

/** alpha, beta and log Z of one sample. */
function sweep(crf: Crf, b: number) {
  const { B, K, x, transitions: A, start, end } = crf;
  const L = stepsOf(crf, b);
  const tags = Array.from({ length: K }, (_, k) => k);
  const e = (t: number, k: number) => x[(t * B + b) * K + k];
  const alpha = [tags.map((k) => start[k] + e(0, k))];
  for (let t = 1; t < L; t++) {
    alpha.push(tags.map((j) => e(t, j) + logSum(tags.map((i) => alpha[t - 1][i] + A[i * K + j]))));
  }
  const beta = [tags.map((k) => end[k])];
  for (let t = L - 2; t >= 0; t--) {
    const after = beta[0];
    beta.unshift(tags.map((i) => logSum(tags.map((j) => A[i * K + j] + e(t + 1, j) + after[j]))));
  }
  return { alpha, beta, total: logSum(tags.map((k) => alpha[L - 1][k] + end[k])), e, L };
}

/** The mean negative log-likelihood of tags [T][B], its gradients, and the marginals. */
export function crfLoss(crf: Crf, tags: ArrayLike<number>) {
  const { B, T, K, transitions: A } = crf;
  const dX = new Float64Array(T * B * K);
  const marginals = new Float64Array(T * B * K);
  const dTransitions = new Float64Array(K * K);
  const dStart = new Float64Array(K);
  const dEnd = new Float64Array(K);
  let loss = 0;
  for (let b = 0; b < B; b++) {
    if (stepsOf(crf, b) === 0) continue;
    const factor = (crf.weights?.[b] ?? 1) / B;
    const { alpha, beta, total, e, L } = sweep(crf, b);
    const path = Array.from({ length: L }, (_, t) => tags[t * B + b]);
    loss += factor * (total - scoreOf(crf, b, path));
    for (let t = 0; t < L; t++) {
      for (let k = 0; k < K; k++) {
        const p = Math.exp(alpha[t][k] + beta[t][k] - total);
        const difference = factor * (p - (path[t] === k ? 1 : 0));
        marginals[(t * B + b) * K + k] = p;
        dX[(t * B + b) * K + k] = difference;
        if (t === 0) dStart[k] += difference;
        if (t === L - 1) dEnd[k] += difference;
        else {
          for (let j = 0; j < K; j++) {
            const pair = Math.exp(
              alpha[t][k] + A[k * K + j] + e(t + 1, j) + beta[t + 1][j] - total,
            );
            const seen = path[t] === k && path[t + 1] === j ? 1 : 0;
            dTransitions[k * K + j] += factor * (pair - seen);
          }
        }
      }
    }
  }
  return { loss, dX, dTransitions, dStart, dEnd, marginals };
}
