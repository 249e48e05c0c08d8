// Attention and products of samples in float64 and plain loops; matrices row by row, as users have them.

type Numbers = ArrayLike<number>;

/** op(a) [M][K] times op(b) [K][N]; turned: a holds [K][M], b [N][K]. */
export function product(
  [M, K, N]: readonly number[],
  a: Numbers,
  aTurned: boolean,
  b: Numbers,
  bTurned: boolean,
): Float64Array {
  const c = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < K; k++) {
        c[m * N + n] += a[aTurned ? k * M + m : m * K + k] * b[bTurned ? n * K + k : k * N + n];
      }
    }
  }
  return c;
}

/** Of one sample: s[t][j] = outer sum of weights tanh(inner (q + k)). */
export function tanhScores(
  [Tq, Tv, D]: readonly number[],
  q: Numbers,
  k: Numbers,
  inner: number,
  weights: Numbers | undefined,
  outer: number,
): Float64Array {
  const s = new Float64Array(Tq * Tv);
  for (let t = 0; t < Tq; t++) {
    for (let j = 0; j < Tv; j++) {
      let sum = 0;
      for (let d = 0; d < D; d++) {
        sum += (weights?.[d] ?? 1) * Math.tanh(inner * (q[t * D + d] + k[j * D + d]));
      }
      s[t * Tv + j] = outer * sum;
    }
  }
  return s;
}

export type MaskMode = 'lower' | 'replace' | 'clear';

/** Of one sample: softmax over the columns of factor s, where `hidden` says which are masked. */
export function weightsOf(
  [Tq, Tv]: readonly number[],
  s: Numbers,
  factor: number,
  hidden: (t: number, j: number) => boolean,
  mode: MaskMode,
): Float64Array {
  const p = new Float64Array(Tq * Tv);
  for (let t = 0; t < Tq; t++) {
    const masked = Array.from({ length: Tv }, (_, j) => hidden(t, j));
    const row = masked.map((is, j) => {
      const score = factor * s[t * Tv + j];
      if (!is) return score;
      return mode === 'lower' ? Math.fround(Math.fround(score) - 1e9) : -2.372671e38;
    });
    const most = Math.max(...row);
    const e = row.map((score) => Math.exp(score - most));
    const sum = e.reduce((a, b) => a + b, 0);
    e.forEach((one, j) => {
      p[t * Tv + j] = mode === 'clear' && masked[j] ? 0 : one / sum;
    });
  }
  return p;
}

/** Of R rows of C numbers, or of its columns: each divided by its length, or by 10^-7 where that is more. */
export function unified(R: number, C: number, x: Numbers, columns: boolean): Float64Array {
  const y = Float64Array.from(x);
  const at = (outer: number, inner: number) => (columns ? inner * C + outer : outer * C + inner);
  const [outer, inner] = columns ? [C, R] : [R, C];
  for (let o = 0; o < outer; o++) {
    let sum = 0;
    for (let i = 0; i < inner; i++) sum += x[at(o, i)] ** 2;
    for (let i = 0; i < inner; i++) y[at(o, i)] *= Math.min(1 / Math.sqrt(sum), 1e7);
  }
  return y;
}
