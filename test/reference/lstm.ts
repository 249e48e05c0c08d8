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
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Runs the layer over x [T, B, I] from the state h0, c0 [B, H]. */
export function lstmForward(
  { B, T, I, H }: LstmShape,
  x: ArrayLike<number>,
  { kernel, recurrent, bias }: LstmWeights,
  h0: ArrayLike<number>,
  c0: ArrayLike<number>,
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
    for (let u = 0; u < H; u++) {
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => gates[row * 4 * H + gate * H + u]);
      c[next * H + u] = f * c[row * H + u] + i * g;
      h[next * H + u] = o * Math.tanh(c[next * H + u]);
    }
  }
  return { gates, h, c };
}

/** Gradients for dOut [T, B, H], the derivative of the loss by every output. */
export function lstmBackward(
  shape: LstmShape,
  x: ArrayLike<number>,
  weights: LstmWeights,
  trace: LstmTrace,
  dOut: ArrayLike<number>,
): LstmGradients {
  const { B, T, I, H } = shape;
  const d = gateGradients(shape, weights, trace, dOut);
  const result = {
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
): Float64Array {
  const d = new Float64Array(T * B * 4 * H);
  const dh = new Float64Array(B * H);
  const dc = new Float64Array(B * H);
  for (let t = T - 1; t >= 0; t--) {
    for (let n = 0; n < B * H; n++) {
      const u = n % H;
      const row = t * B + (n - u) / H;
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
      for (let u = 0; u < H; u++) {
        let sum = 0;
        for (let j = 0; j < 4 * H; j++)
          sum += d[(t * B + b) * 4 * H + j] * recurrent[u * 4 * H + j];
        dh[b * H + u] = sum;
      }
    }
  }
  return d;
}
