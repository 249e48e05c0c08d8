// The cells that share one loop over time, in float64 and plain loops: the oracle of assembly/cells/cell-*.ts.
// Their gradients come from central differences of this forward pass. Public layout: kernel [I, G H], recurrent
// [H, G H], bias [G H], extra [E, H], gateKernel [3H, 3H] from i, f, o to i, f, o, projection [H, P] (recurrent is
// [P, G H] then), outputBias [P]; sequences time-major [T, B, n].

export type ActivationName =
  | 'linear'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'hardSigmoid'
  | 'hardSigmoidTfjs'
  | 'positive';

/** In the order of the kernels' numbers. */
export const ACTIVATIONS: readonly ActivationName[] = [
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'hardSigmoid',
  'hardSigmoidTfjs',
  'positive',
];

const clip = (x: number) => Math.min(1, Math.max(0, x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
export const functions: Record<ActivationName, (x: number) => number> = {
  linear: (x) => x,
  tanh: Math.tanh,
  sigmoid,
  relu: (x) => Math.max(0, x),
  hardSigmoid: (x) => clip(x / 6 + 0.5),
  hardSigmoidTfjs: (x) => clip(0.2 * x + 0.5),
  positive: (x) => (x >= 0 ? x + 0.5 : sigmoid(x)),
};

export interface CellSpec {
  cell: 'rnn' | 'lstm' | 'minGRU' | 'minLSTM' | 'indRNN' | 'slstm';
  /** Of an sLSTM: blocks of the recurrent matrix; the forget gate is exp. */
  heads?: number;
  expForget?: boolean;
  /** Of an LSTM: which of i, f, o it has. */
  gates?: string;
  coupled?: boolean;
  peephole?: boolean;
  /** P: h is a projection of what the units put out; of an RNN: a Jordan network, with `output` and outputBias. */
  projection?: number;
  /** Of an LSTM: products of x, of h, and c are normalized (Ba et al. 2016); their weights are rows of extra. */
  layerNorm?: boolean;
  /** Gates see the gates of the step before. */
  gatesSeen?: boolean;
  noBias?: boolean;
  candidate?: ActivationName;
  output?: ActivationName;
  gate?: ActivationName;
}

const CELLS = ['rnn', 'lstm', 'minGRU', 'minLSTM', 'indRNN', 'slstm'];
const has = ({ gates = 'ifo' }: CellSpec, gate: string) => gates.includes(gate);

/** The number by which the kernels know it. */
export function kindOf(spec: CellSpec): number {
  const code = (name: ActivationName = 'tanh') => ACTIVATIONS.indexOf(name);
  let kind = CELLS.indexOf(spec.cell) | (code(spec.candidate) << 9);
  if (spec.noBias) kind |= 1 << 18;
  if (spec.cell === 'slstm') kind |= ((spec.heads ?? 1) << 20) | (spec.expForget ? 16 : 0);
  if (spec.projection) kind |= (spec.projection << 20) | (code(spec.output) << 12);
  if (spec.cell !== 'lstm') return kind;
  kind |= (code(spec.output) << 12) | (code(spec.gate ?? 'sigmoid') << 15);
  if (has(spec, 'i')) kind |= 16;
  if (has(spec, 'f')) kind |= 32;
  if (has(spec, 'o')) kind |= 64;
  if (spec.coupled) kind |= 128;
  if (spec.peephole) kind |= 256;
  if (spec.gatesSeen) kind |= 1 << 19;
  if (spec.layerNorm) kind |= 8;
  return kind;
}

/** Products of a step, in the order of their columns. */
export function gateNames(spec: CellSpec): string[] {
  if (spec.cell === 'minGRU') return ['z', 'n'];
  if (spec.cell === 'minLSTM') return ['f', 'i', 'n'];
  if (spec.cell === 'slstm') return ['i', 'f', 'z', 'o'];
  if (spec.cell !== 'lstm') return ['n'];
  return ['i', 'f', 'g', 'o'].filter((gate) => gate === 'g' || has(spec, gate));
}

export const extraRows = (spec: CellSpec): number =>
  spec.cell === 'indRNN'
    ? 1
    : (spec.peephole ? 3 : 0) + (spec.layerNorm ? 4 * gateNames(spec).length + 2 : 0);

/** (z - mean) / sqrt(variance + 1e-5). */
function normalized(z: number[]): number[] {
  const mean = z.reduce((sum, v) => sum + v, 0) / z.length;
  const variance = z.reduce((sum, v) => sum + (v - mean) ** 2, 0) / z.length;
  return z.map((v) => (v - mean) / Math.sqrt(variance + 1e-5));
}

export const hasCell = ({ cell }: CellSpec): boolean => cell === 'lstm' || cell === 'slstm';

export const isRecurrent = (spec: CellSpec): boolean => spec.cell === 'rnn' || hasCell(spec);

/** Columns of h. */
export const outputsOf = ({ projection }: CellSpec, H: number): number => projection ?? H;

export const isJordan = ({ cell, projection }: CellSpec): boolean =>
  cell === 'rnn' && projection !== undefined;

/** Numbers of a state beside h and c, for one unit: i, f, o where gates see gates, n, m of an sLSTM. */
export const besideCell = (spec: CellSpec): number =>
  spec.gatesSeen ? 3 : spec.cell === 'slstm' ? 2 : 0;

export interface CellShape {
  B: number;
  T: number;
  I: number;
  H: number;
}

/** Everything that the outputs depend on. */
export interface CellValues {
  x: Float64Array;
  kernel: Float64Array;
  recurrent: Float64Array;
  bias: Float64Array;
  extra: Float64Array;
  gateKernel: Float64Array;
  projection: Float64Array;
  outputBias: Float64Array;
  h0: Float64Array;
  c0: Float64Array;
  /** [B, 3H]: i, f, o before the first step; [B, 2H]: n, m of an sLSTM; empty where there are none. */
  gates0: Float64Array;
}

/** What is dropped: factors of x | h for each gate [B, G, I + P]; [T, B, P] and [T, B, H] of zoneout, 0 where a unit keeps what it had. */
export interface CellDropValues {
  masks?: Float64Array | undefined;
  keepH?: Float64Array | undefined;
  keepC?: Float64Array | undefined;
  /** In inference, instead: the mean at these rates. */
  rateH?: number;
  rateC?: number;
}

/** h [T + 1, B, P], c [T + 1, B, H], gates [T + 1, B, 3H] (n, m of an sLSTM, [T + 1, B, 2H]), the initial state first. */
export function cellForward(
  spec: CellSpec,
  { B, T, I, H }: CellShape,
  {
    x,
    kernel,
    recurrent,
    bias,
    extra,
    gateKernel,
    projection,
    outputBias,
    h0,
    c0,
    gates0,
  }: CellValues,
  lengths?: readonly number[],
  { masks, keepH, keepC, rateH = 0, rateC = 0 }: CellDropValues = {},
): { h: Float64Array; c: Float64Array; gates: Float64Array } {
  const names = gateNames(spec);
  const columns = names.length * H;
  const [candidate, output, gate] = [
    functions[spec.candidate ?? 'tanh'],
    functions[spec.output ?? 'tanh'],
    functions[spec.gate ?? 'sigmoid'],
  ];
  const P = outputsOf(spec, H);
  const h = new Float64Array((T + 1) * B * P);
  const c = new Float64Array((T + 1) * B * H);
  h.set(h0);
  c.set(c0);
  const wide = besideCell(spec) * H;
  const size = P / (spec.heads ?? 1);
  const m = new Float64Array(H);
  const gates = new Float64Array((T + 1) * B * wide);
  gates.set(gates0);
  // rows of the norms among extra: gains and shifts of x, of h, of c
  const first = (spec.peephole ? 3 : 0) * H;
  const opens = new Float64Array(H);
  for (let row = 0; row < T * B; row++) {
    const productOf = (
      j: number,
      input: Float64Array,
      from: number,
      n: number,
      weights: Float64Array,
    ) => {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += input[from + k] * weights[k * columns + j];
      return sum;
    };
    const all = Array.from({ length: spec.layerNorm ? columns : 0 }, (_, j) => j);
    const ofX = normalized(all.map((j) => productOf(j, x, row * I, I, kernel)));
    const ofH = normalized(all.map((j) => productOf(j, h, row * P, P, recurrent)));
    for (let u = 0; u < H; u++) {
      const [at, to] = [row * H + u, (row + B) * H + u];
      if (lengths && Math.floor(row / B) >= lengths[row % B]) {
        if (!spec.projection) h[to] = h[at];
        c[to] = c[at];
        for (let n = u; n < wide; n += H) {
          gates[(row + B) * wide + n] = gates[row * wide + n];
        }
        continue;
      }
      const pre = (name: string) => {
        const j = names.indexOf(name) * H + u;
        let sum = spec.noBias ? 0 : bias[j];
        if (spec.layerNorm) {
          const [gainX, shiftX, gainH, shiftH] = [0, 1, 2, 3].map(
            (e) => extra[first + e * columns + j],
          );
          return sum + gainX * ofX[j] + shiftX + gainH * ofH[j] + shiftH;
        }
        const atMask = ((row % B) * names.length + names.indexOf(name)) * (I + P);
        const factor = (k: number) => (masks ? masks[atMask + k] : 1);
        for (let k = 0; k < I; k++) sum += factor(k) * x[row * I + k] * kernel[k * columns + j];
        const head = spec.heads ? u - (u % size) : 0;
        for (let k = 0; isRecurrent(spec) && k < size; k++) {
          sum += factor(I + head + k) * h[row * P + head + k] * recurrent[k * columns + j];
        }
        const q = 'ifo'.indexOf(name);
        for (let k = 0; spec.gatesSeen && q >= 0 && k < wide; k++) {
          sum += gates[row * wide + k] * gateKernel[k * wide + q * H + u];
        }
        return sum;
      };
      if (spec.cell === 'lstm') {
        const peep = (e: number, state: number) => (spec.peephole ? extra[e * H + u] * state : 0);
        const i = has(spec, 'i') ? gate(pre('i') + peep(0, c[at])) : 1;
        const f = spec.coupled ? 1 - i : has(spec, 'f') ? gate(pre('f') + peep(1, c[at])) : 1;
        c[to] = f * c[at] + i * candidate(pre('g'));
        const o = has(spec, 'o') ? gate(pre('o') + peep(2, c[to])) : 1;
        opens[u] = o;
        m[u] = o * output(c[to]);
        if (!spec.projection) h[to] = m[u];
        if (keepC && keepC[at] === 0) c[to] = c[at];
        c[to] += rateC * (c[at] - c[to]);
        [i, f, o].forEach((value, q) => {
          if (spec.gatesSeen) gates[(row + B) * wide + q * H + u] = value;
        });
      } else if (spec.cell === 'slstm') {
        const [n, most] = [gates[row * wide + u], gates[row * wide + H + u]];
        const [i, raw] = [pre('i'), pre('f')];
        const kept = most + (spec.expForget ? raw : -Math.log1p(Math.exp(-raw)));
        const now = n === 0 ? i : Math.max(i, kept);
        const [enters, stays] = [Math.exp(i - now), Math.min(1, Math.exp(kept - now))];
        const count = stays * n + enters;
        c[to] = stays * c[at] + enters * Math.tanh(pre('z'));
        h[to] = (sigmoid(pre('o')) * c[to]) / count;
        gates[(row + B) * wide + u] = count;
        gates[(row + B) * wide + H + u] = now;
      } else if (spec.cell === 'minGRU') {
        const z = sigmoid(pre('z'));
        h[to] = (1 - z) * h[at] + z * candidate(pre('n'));
      } else if (spec.cell === 'minLSTM') {
        const [f, i] = [sigmoid(pre('f')), sigmoid(pre('i'))];
        h[to] = (f * h[at] + i * candidate(pre('n'))) / (f + i);
      } else {
        m[u] = candidate(pre('n') + (spec.cell === 'indRNN' ? extra[u] * h[at] : 0));
        if (!spec.projection) h[to] = m[u];
      }
      if (!spec.projection && keepH && keepH[at] === 0) h[to] = h[at];
      if (!spec.projection && rateH) h[to] += rateH * (h[at] - h[to]);
    }
    if (spec.layerNorm) {
      const masked = lengths && Math.floor(row / B) >= lengths[row % B];
      const at = (row + B) * H;
      normalized(Array.from(c.subarray(at, at + H))).forEach((value, u) => {
        const [gain, shift] = [0, 1].map((e) => extra[first + 4 * columns + e * H + u]);
        m[u] = opens[u] * output(gain * value + shift);
        if (!spec.projection && !masked) h[at + u] = m[u];
      });
    }
    for (let p = 0; spec.projection && p < P; p++) {
      const masked = lengths && Math.floor(row / B) >= lengths[row % B];
      let sum = spec.noBias || !isJordan(spec) ? 0 : outputBias[p];
      for (let u = 0; u < H; u++) sum += m[u] * projection[u * P + p];
      const before = h[row * P + p];
      const now = isJordan(spec) ? output(sum) : sum;
      const kept = masked || keepH?.[row * P + p] === 0;
      h[(row + B) * P + p] = kept ? before : now + rateH * (before - now);
    }
  }
  return { h, c, gates };
}
