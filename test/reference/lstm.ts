// The LSTM layer in float64 and plain loops: the oracle of the kernels. Everything
// is in the public layout: kernel [I, 4H], recurrent [H, 4H], bias [4H], gate order
// i, f, g, o; sequences time-major [T, B, n].

export interface LstmShape {
  B: number;
  T: number;
  I: number;
  H: number;
}

export interface LstmWeights {
  kernel: ArrayLike<number>;
  recurrent: ArrayLike<number>;
  bias: ArrayLike<number>;
}

export interface LstmTrace {
  /** [T, B, 4H] gates after activation. */
  gates: Float64Array;
  /** [T + 1, B, H], the initial state first. */
  h: Float64Array;
  c: Float64Array;
}

export interface LstmGradients {
  dX: Float64Array;
  kernel: Float64Array;
  recurrent: Float64Array;
  bias: Float64Array;
  /** Of the initial state, [B, H] each. */
  dh0: Float64Array;
  dc0: Float64Array;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Runs the layer over x [T, B, I] from the state h0, c0 [B, H]. */
export function lstmForward(
  { B, T, I, H }: LstmShape,
  x: ArrayLike<number>,
  { kernel, recurrent, bias }: LstmWeights,
  h0: ArrayLike<number>,
  c0: ArrayLike<number>,
  lengths?: readonly number[],
): LstmTrace {
  const gates = new Float64Array(T * B * 4 * H);
  const h = new Float64Array((T + 1) * B * H);
  const c = new Float64Array((T + 1) * B * H);
  h.set(h0);
  c.set(c0);
  for (let row = 0; row < T * B; row++) {
    const next = row + B;
    for (let j = 0; j < 4 * H; j++) {
      let sum = bias[j];
      for (let i = 0; i < I; i++) sum += x[row * I + i] * kernel[i * 4 * H + j];
      for (let i = 0; i < H; i++) sum += h[row * H + i] * recurrent[i * 4 * H + j];
      gates[row * 4 * H + j] = Math.floor(j / H) === 2 ? Math.tanh(sum) : sigmoid(sum);
    }
    if (isMasked(row, B, lengths)) {
      h.copyWithin(next * H, row * H, (row + 1) * H);
      c.copyWithin(next * H, row * H, (row + 1) * H);
      continue;
    }
    for (let u = 0; u < H; u++) {
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => gates[row * 4 * H + gate * H + u]);
      c[next * H + u] = f * c[row * H + u] + i * g;
      h[next * H + u] = o * Math.tanh(c[next * H + u]);
    }
  }
  return { gates, h, c };
}

/** A sample hands its state on from the step after its last one. */
const isMasked = (row: number, B: number, lengths: readonly number[] | undefined): boolean =>
  lengths !== undefined && Math.floor(row / B) >= lengths[row % B];

/** What is asked of the last state beside dOut [B, H], and where samples end. */
export interface LstmEnds {
  dhLast?: ArrayLike<number>;
  dcLast?: ArrayLike<number>;
  lengths?: readonly number[];
}

/** Gradients for dOut [T, B, H], the derivative of the loss by every output. */
export function lstmBackward(
  shape: LstmShape,
  x: ArrayLike<number>,
  weights: LstmWeights,
  trace: LstmTrace,
  dOut: ArrayLike<number>,
  ends: LstmEnds = {},
): LstmGradients {
  const { B, T, I, H } = shape;
  const { d, dh0, dc0 } = gateGradients(shape, weights, trace, dOut, ends);
  const result = {
    dh0,
    dc0,
    dX: new Float64Array(T * B * I),
    kernel: new Float64Array(I * 4 * H),
    recurrent: new Float64Array(H * 4 * H),
    bias: new Float64Array(4 * H),
  };
  for (let row = 0; row < T * B; row++) {
    for (let j = 0; j < 4 * H; j++) {
      const g = d[row * 4 * H + j];
      result.bias[j] += g;
      for (let i = 0; i < I; i++) {
        result.kernel[i * 4 * H + j] += x[row * I + i] * g;
        result.dX[row * I + i] += weights.kernel[i * 4 * H + j] * g;
      }
      for (let i = 0; i < H; i++) result.recurrent[i * 4 * H + j] += trace.h[row * H + i] * g;
    }
  }
  return result;
}

/** Gradients of the gates before activation, [T, B, 4H]. */
function gateGradients(
  { B, T, H }: LstmShape,
  { recurrent }: LstmWeights,
  { gates, c }: LstmTrace,
  dOut: ArrayLike<number>,
  { dhLast, dcLast, lengths }: LstmEnds,
): { d: Float64Array; dh0: Float64Array; dc0: Float64Array } {
  const d = new Float64Array(T * B * 4 * H);
  const dh = new Float64Array(B * H);
  const dc = new Float64Array(B * H);
  if (dhLast) dh.set(dhLast);
  if (dcLast) dc.set(dcLast);
  for (let t = T - 1; t >= 0; t--) {
    for (let n = 0; n < B * H; n++) {
      const u = n % H;
      const row = t * B + (n - u) / H;
      if (isMasked(row, B, lengths)) {
        dh[n] += dOut[row * H + u];
        continue;
      }
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => gates[row * 4 * H + gate * H + u]);
      const squashed = Math.tanh(c[(row + B) * H + u]);
      const dhn = dh[n] + dOut[row * H + u];
      const dcn = dc[n] + dhn * o * (1 - squashed ** 2);
      d[row * 4 * H + u] = dcn * g * i * (1 - i);
      d[row * 4 * H + H + u] = dcn * c[row * H + u] * f * (1 - f);
      d[row * 4 * H + 2 * H + u] = dcn * i * (1 - g ** 2);
      d[row * 4 * H + 3 * H + u] = dhn * squashed * o * (1 - o);
      dc[n] = dcn * f;
    }
    for (let b = 0; b < B; b++) {
      if (isMasked(t * B + b, B, lengths)) continue;
      for (let u = 0; u < H; u++) {
        let sum = 0;
        for (let j = 0; j < 4 * H; j++)
          sum += d[(t * B + b) * 4 * H + j] * recurrent[u * 4 * H + j];
        dh[b * H + u] = sum;
      }
    }
  }
  return { d, dh0: dh, dc0: dc };
}
