// Layer normalization in float64 and plain loops: x [R][C], gamma and beta [C], or undefined for none.
type Numbers = ArrayLike<number>;

export interface LayerNorm {
  R: number;
  C: number;
  epsilon: number;
  gamma?: Numbers;
  beta?: Numbers;
}

interface Row {
  n: Float64Array;
  inverse: number;
}

function normalized({ C, epsilon }: LayerNorm, x: Numbers, r: number): Row {
  const row = Float64Array.from({ length: C }, (_, c) => x[r * C + c]);
  const mean = row.reduce((a, b) => a + b, 0) / C;
  const variance = row.reduce((sum, one) => sum + (one - mean) ** 2, 0) / C;
  const inverse = 1 / Math.sqrt(variance + epsilon);
  return { n: row.map((one) => (one - mean) * inverse), inverse };
}

export function layerNorm(layer: LayerNorm, x: Numbers): Float64Array {
  const { R, C, gamma, beta } = layer;
  const y = new Float64Array(R * C);
  for (let r = 0; r < R; r++) {
    normalized(layer, x, r).n.forEach((n, c) => {
      y[r * C + c] = n * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0);
    });
  }
  return y;
}

export function layerNormGradients(layer: LayerNorm, x: Numbers, dY: Numbers) {
  const { R, C, gamma } = layer;
  const dX = new Float64Array(R * C);
  const dGamma = new Float64Array(C);
  const dBeta = new Float64Array(C);
  for (let r = 0; r < R; r++) {
    const { n, inverse } = normalized(layer, x, r);
    const g = n.map((_, c) => dY[r * C + c] * (gamma?.[c] ?? 1));
    const mean = g.reduce((a, b) => a + b, 0) / C;
    const slope = g.reduce((sum, one, c) => sum + one * n[c], 0) / C;
    n.forEach((one, c) => {
      dX[r * C + c] = (g[c] - mean - one * slope) * inverse;
      dGamma[c] += dY[r * C + c] * one;
      dBeta[c] += dY[r * C + c];
    });
  }
  return { dX, dGamma, dBeta };
}
