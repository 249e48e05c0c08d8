// Batch normalization in float64 and plain loops: x [R][C], a row counts where `counts` says so; gamma and beta [C], or
// undefined for none.
type Numbers = ArrayLike<number>;

export interface BatchNorm {
  R: number;
  C: number;
  epsilon: number;
  counts: readonly boolean[];
  gamma?: Numbers;
  beta?: Numbers;
  /** Given mean and variance; undefined: those of the rows that count. */
  given?: { mean: Numbers; variance: Numbers };
}

export function moments({ R, C, counts, given }: BatchNorm, x: Numbers) {
  if (given) return { ...given, k: 0 };
  const k = counts.filter(Boolean).length;
  const mean = new Float64Array(C);
  const variance = new Float64Array(C);
  for (let r = 0; r < R; r++) {
    for (let c = 0; c < C && counts[r]; c++) mean[c] += x[r * C + c] / k;
  }
  for (let r = 0; r < R; r++) {
    for (let c = 0; c < C && counts[r]; c++) variance[c] += (x[r * C + c] - mean[c]) ** 2 / k;
  }
  return { mean, variance, k };
}

function normalized(layer: BatchNorm, x: Numbers) {
  const { R, C, epsilon } = layer;
  const { mean, variance, k } = moments(layer, x);
  const inverse = Float64Array.from(variance, (one) => 1 / Math.sqrt(one + epsilon));
  const n = Float64Array.from({ length: R * C }, (_, i) => (x[i] - mean[i % C]) * inverse[i % C]);
  return { n, inverse, k };
}

export function batchNorm(layer: BatchNorm, x: Numbers): Float64Array {
  const { C, gamma, beta } = layer;
  return normalized(layer, x).n.map((one, i) => one * (gamma?.[i % C] ?? 1) + (beta?.[i % C] ?? 0));
}

export function batchNormGradients(layer: BatchNorm, x: Numbers, dY: Numbers) {
  const { C, gamma, counts } = layer;
  const { n, inverse, k } = normalized(layer, x);
  const dGamma = new Float64Array(C);
  const dBeta = new Float64Array(C);
  n.forEach((one, i) => {
    dGamma[i % C] += dY[i] * one;
    dBeta[i % C] += dY[i];
  });
  const dX = n.map((one, i) => {
    const c = i % C;
    const inside = k > 0 && counts[Math.floor(i / C)];
    const own = inside ? (dBeta[c] + one * dGamma[c]) / k : 0;
    return (dY[i] - own) * inverse[c] * (gamma?.[c] ?? 1);
  });
  return { dX, dGamma, dBeta };
}
