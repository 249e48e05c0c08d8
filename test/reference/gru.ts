// The GRU layer in float64 and plain loops: the oracle of the kernels. Public layout: kernel [I, 3H],
// recurrent [H, 3H], bias [3H], or [2, 3H] with reset after; gate order z, r, n; sequences
// time-major [T, B, n].

export interface GruShape {
  B: number;
  T: number;
  I: number;
  H: number;
}

export interface GruWeights {
  kernel: ArrayLike<number>;
  recurrent: ArrayLike<number>;
  bias: ArrayLike<number>;
}

export interface GruTrace {
  /** [T, B, 4H]: z, r, n, and what r multiplies (reset after) or is multiplied to (before). */
  gates: Float64Array;
  /** [T + 1, B, H], the initial state first. */
  h: Float64Array;
}

export interface GruGradients {
  dX: Float64Array;
  kernel: Float64Array;
  recurrent: Float64Array;
  bias: Float64Array;
  dh0: Float64Array;
}

export interface GruEnds {
  dhLast?: ArrayLike<number>;
  lengths?: readonly number[];
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const isMasked = (row: number, B: number, lengths: readonly number[] | undefined): boolean =>
  lengths !== undefined && Math.floor(row / B) >= lengths[row % B];

/** By default sigmoid and tanh. */
export interface GruActivations {
  gate?: (x: number) => number;
  candidate?: (x: number) => number;
}

/** What is dropped: factors of x | h for z, r and n [B, 3, I + H]; [T, B, H] of zoneout, 0 where a unit keeps what it had. */
export interface GruDrops {
  masks?: ArrayLike<number> | undefined;
  keepH?: ArrayLike<number> | undefined;
  /** In inference, instead: the mean at this rate. */
  rateH?: number;
}

export function gruForward(
  { B, T, I, H }: GruShape,
  resetAfter: boolean,
  x: ArrayLike<number>,
  { kernel, recurrent, bias }: GruWeights,
  h0: ArrayLike<number>,
  lengths?: readonly number[],
  { gate = sigmoid, candidate = Math.tanh }: GruActivations = {},
  { masks, keepH, rateH = 0 }: GruDrops = {},
): GruTrace {
  const gates = new Float64Array(T * B * 4 * H);
  const h = new Float64Array((T + 1) * B * H);
  h.set(h0);
  for (let row = 0; row < T * B; row++) {
    const state = h.subarray(row * H, (row + 1) * H);
    const next = h.subarray((row + B) * H, (row + B + 1) * H);
    const own = gates.subarray(row * 4 * H, (row + 1) * 4 * H);
    const factor = (j: number, k: number) =>
      masks ? masks[((row % B) * 3 + Math.floor(j / H)) * (I + H) + k] : 1;
    const fromX = (j: number) => {
      let sum = bias[j];
      for (let i = 0; i < I; i++) sum += factor(j, i) * x[row * I + i] * kernel[i * 3 * H + j];
      return sum;
    };
    const fromH = (j: number, values: ArrayLike<number>) => {
      let sum = resetAfter ? bias[3 * H + j] : 0;
      for (let i = 0; i < H; i++) sum += factor(j, I + i) * values[i] * recurrent[i * 3 * H + j];
      return sum;
    };
    for (let u = 0; u < 2 * H; u++) own[u] = gate(fromX(u) + fromH(u, state));
    const reset = Float64Array.from(state, (v, u) => v * own[H + u]);
    for (let u = 0; u < H; u++) {
      const sum = fromH(2 * H + u, resetAfter ? state : reset);
      own[3 * H + u] = resetAfter ? sum : reset[u];
      own[2 * H + u] = candidate(fromX(2 * H + u) + (resetAfter ? own[H + u] * sum : sum));
    }
    for (let u = 0; u < H; u++) {
      const z = own[u];
      const now = z * state[u] + (1 - z) * own[2 * H + u];
      const kept = isMasked(row, B, lengths) || keepH?.[row * H + u] === 0;
      next[u] = kept ? state[u] : now + rateH * (state[u] - now);
    }
  }
  return { gates, h };
}

export function gruBackward(
  { B, T, I, H }: GruShape,
  resetAfter: boolean,
  x: ArrayLike<number>,
  { kernel, recurrent }: GruWeights,
  { gates, h }: GruTrace,
  dOut: ArrayLike<number>,
  { dhLast, lengths }: GruEnds = {},
): GruGradients {
  const dX = new Float64Array(T * B * I);
  const dKernel = new Float64Array(I * 3 * H);
  const dRecurrent = new Float64Array(H * 3 * H);
  const dBias = new Float64Array((resetAfter ? 2 : 1) * 3 * H);
  const dh = new Float64Array(B * H);
  if (dhLast) dh.set(dhLast);
  for (let row = T * B - 1; row >= 0; row--) {
    const b = row % B;
    const state = h.subarray(row * H, (row + 1) * H);
    const own = gates.subarray(row * 4 * H, (row + 1) * 4 * H);
    const asked = dh.subarray(b * H, (b + 1) * H);
    for (let u = 0; u < H; u++) asked[u] += dOut[row * H + u];
    if (isMasked(row, B, lengths)) continue;
    const before = new Float64Array(H);
    const seenX = new Float64Array(3 * H);
    const seenH = new Float64Array(3 * H);
    for (let u = 0; u < H; u++) {
      const [z, r, n, other] = [0, 1, 2, 3].map((gate) => own[gate * H + u]);
      before[u] = asked[u] * z;
      const dn = asked[u] * (1 - z) * (1 - n * n);
      seenX[2 * H + u] = dn;
      seenX[u] = asked[u] * (state[u] - n) * z * (1 - z);
      seenH[u] = seenX[u];
      seenH[2 * H + u] = resetAfter ? dn * r : dn;
      if (resetAfter) seenX[H + u] = dn * other * r * (1 - r);
    }
    if (!resetAfter) {
      for (let u = 0; u < H; u++) {
        let back = 0;
        for (let v = 0; v < H; v++) back += seenX[2 * H + v] * recurrent[u * 3 * H + 2 * H + v];
        const r = own[H + u];
        seenX[H + u] = back * state[u] * r * (1 - r);
        before[u] += back * r;
      }
    }
    for (let u = 0; u < H; u++) seenH[H + u] = seenX[H + u];
    const columns = resetAfter ? 3 * H : 2 * H;
    for (let u = 0; u < H; u++) {
      for (let j = 0; j < columns; j++) before[u] += seenH[j] * recurrent[u * 3 * H + j];
      for (let j = 0; j < 3 * H; j++) {
        const value = resetAfter || j < 2 * H ? state[u] : own[3 * H + u];
        dRecurrent[u * 3 * H + j] += value * seenH[j];
      }
    }
    for (let j = 0; j < 3 * H; j++) {
      dBias[j] += seenX[j];
      if (resetAfter) dBias[3 * H + j] += seenH[j];
      for (let i = 0; i < I; i++) {
        dKernel[i * 3 * H + j] += x[row * I + i] * seenX[j];
        dX[row * I + i] += kernel[i * 3 * H + j] * seenX[j];
      }
    }
    asked.set(before);
  }
  return { dX, kernel: dKernel, recurrent: dRecurrent, bias: dBias, dh0: dh };
}
