// Convolution over time in float64 and plain loops: x [B][T][C], w [K][C/G][N], b [N], y [B][O][N], in G groups; no
// activation.
type Numbers = ArrayLike<number>;

export interface Conv {
  B: number;
  T: number;
  O: number;
  C: number;
  K: number;
  S: number;
  d: number;
  left: number;
  N: number;
  G: number;
}

/** Calls `each` with the places of all products: in y, x, w. */
function products(sizes: Conv, each: (y: number, x: number, w: number) => void): void {
  const { B, T, O, C, K, S, d, left, N, G } = sizes;
  const [ofGroup, made] = [C / G, N / G];
  for (let b = 0; b < B; b++) {
    for (let o = 0; o < O; o++) {
      for (let k = 0; k < K; k++) {
        const t = o * S - left + k * d;
        if (t < 0 || t >= T) continue;
        for (let n = 0; n < N; n++) {
          const first = Math.floor(n / made) * ofGroup;
          for (let c = 0; c < ofGroup; c++) {
            each((b * O + o) * N + n, (b * T + t) * C + first + c, (k * ofGroup + c) * N + n);
          }
        }
      }
    }
  }
}

export function conv(sizes: Conv, x: Numbers, w: Numbers, bias?: Numbers): Float64Array {
  const { B, O, N } = sizes;
  const y = Float64Array.from({ length: B * O * N }, (_, i) => bias?.[i % N] ?? 0);
  products(sizes, (toY, ofX, ofW) => {
    y[toY] += x[ofX] * w[ofW];
  });
  return y;
}

export function convGradients(sizes: Conv, x: Numbers, w: Numbers, dY: Numbers) {
  const { B, T, C, K, N, G } = sizes;
  const dX = new Float64Array(B * T * C);
  const dW = new Float64Array((K * C * N) / G);
  const dB = new Float64Array(N);
  Array.from(dY).forEach((one, i) => {
    dB[i % N] += one;
  });
  products(sizes, (toY, ofX, ofW) => {
    dX[ofX] += dY[toY] * w[ofW];
    dW[ofW] += dY[toY] * x[ofX];
  });
  return { dX, dW, dB };
}
