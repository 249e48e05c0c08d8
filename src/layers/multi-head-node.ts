// One call of multiHeadAttention: four products of rows with a matrix, and attention in each head. Features of a head
// stand in columns of their own, padded to whole vectors, so that a head is a matrix that kernels can read.
import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import type { SeedWords } from '../random.js';
import {
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type View,
  type WeightSpec,
} from './node.js';
import { type Draws, drawsOf } from './noise-node.js';
import { floatsOf, type Port } from './port.js';

/** Options of layers.multiHeadAttention, settled. */
export interface MultiHeadConfig {
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number | undefined;
  readonly dropout: number;
  readonly seed: number | undefined;
  readonly useBias: boolean;
  readonly outputShape: number | undefined;
  readonly useCausalMask: boolean;
}

/** y = x kernel + bias, where rows or columns come in groups, one a head. */
interface Product {
  readonly name: string;
  /** Groups of rows, rows of each, groups of columns, columns of each. */
  readonly groups: readonly [number, number, number, number];
  /** As Keras has it. */
  readonly kernel: readonly number[];
  readonly bias: readonly number[];
  /** Rows and columns with padding. */
  readonly K: number;
  readonly N: number;
}

/** Places in the backward scratch, in floats. */
interface Layout {
  readonly context: number;
  readonly scores: number;
  readonly query: number;
  readonly key: number;
  readonly value: number;
  readonly input: number;
  readonly scratch: number;
}

type Place = Pick<View, 'pointer' | 'stride'>;

export class MultiHeadNode extends LayerNode {
  readonly className = 'MultiHeadAttention';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly wholeSequences = true;
  override readonly wholeInputs: readonly number[] = [1, 2];
  override readonly causal: boolean;
  override readonly keepsGrown = true;
  readonly #config: MultiHeadConfig;
  readonly #products: readonly Product[];
  readonly #draws: Draws;
  /** Columns of a row of scores. */
  readonly #columns: number;
  /** Features of a head, of query and key, and of value, with padding. */
  readonly #Dk: number;
  readonly #Dv: number;

  constructor(
    config: MultiHeadConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    const { numHeads: H, keyDim, valueDim = keyDim, useBias } = config;
    const [query, value, key = value] = inputs;
    const { kernels } = this;
    this.#config = config;
    this.causal = config.useCausalMask;
    this.#draws = drawsOf(config.seed, context);
    this.#columns = padded(kernels, value.steps);
    this.#Dk = padded(kernels, keyDim);
    this.#Dv = padded(kernels, valueDim);
    const E = outputs[0].features;
    const into = (name: string, features: number, dim: number): Product => ({
      name,
      groups: [1, features, H, dim],
      kernel: [features, H, dim],
      bias: [H, dim],
      K: padded(kernels, features),
      N: H * padded(kernels, dim),
    });
    this.#products = [
      into('query', query.features, keyDim),
      into('key', key.features, keyDim),
      into('value', value.features, valueDim),
      {
        name: 'attention_output',
        groups: [H, valueDim, 1, E],
        kernel: [H, valueDim, E],
        bias: [E],
        K: H * this.#Dv,
        N: padded(kernels, E),
      },
    ];
    this.weights = this.#products.flatMap(({ name, kernel, bias }) => [
      { name: `${name}/kernel`, shape: kernel },
      ...(useBias ? [{ name: `${name}/bias`, shape: bias }] : []),
    ]);
    this.blockFloats = this.#products.flatMap(({ K, N }) => (useBias ? [K * N, N] : [K * N]));
    let at = 0;
    this.spans = this.blockFloats.map((floats, i) => {
      const { name } = this.weights[i];
      at += floats;
      return stretch(name, at - floats, floats, name.endsWith('kernel'));
    });
    this.outputs[0].stride = padded(kernels, E);
  }

  /** The input that each of the first three products reads. */
  #input(product: number): number {
    return [0, this.inputs.length - 1, 1][product];
  }

  /** Where kernel and bias of a product stand among blocks, or among their gradients; 0 where there is none. */
  #places(product: number, blocks: readonly number[]): readonly [number, number] {
    if (!this.#config.useBias) return [blocks[product] ?? 0, 0];
    return [blocks[2 * product] ?? 0, blocks[2 * product + 1] ?? 0];
  }

  demands({ B, steps: [Tq, Tv] }: Extent, training: boolean): Demands {
    const { kernels } = this;
    const { numHeads: H, dropout } = this.#config;
    const [q, v] = [B * Tq, B * Tv];
    const scores = H * q * this.#columns;
    const keeps = 'step' as const;
    const kept = this.grows > 0 || this.stays ? ('state' as const) : keeps;
    return {
      regions: [
        { name: 'y', floats: q * this.outputs[0].stride, keeps: 'output' },
        { name: 'query', floats: q * H * this.#Dk, keeps },
        { name: 'key', floats: v * H * this.#Dk, keeps: kept },
        { name: 'value', floats: v * H * this.#Dv, keeps: kept },
        { name: 'weights', floats: scores, keeps },
        { name: 'dropped', floats: training && dropout > 0 ? scores : 0, keeps },
        { name: 'context', floats: q * H * this.#Dv, keeps },
      ],
      forwardScratch: Math.max(
        kernels.batchProductFloats(Tq, this.#Dk, Tv),
        kernels.batchProductFloats(Tq, Tv, this.#Dv),
      ),
      backwardScratch: training ? this.#layout(B, Tq, Tv).scratch + this.#scratch(B, Tq, Tv) : 0,
    };
  }

  #layout(B: number, Tq: number, Tv: number): Layout {
    const { numHeads: H } = this.#config;
    const [q, v] = [B * Tq, B * Tv];
    const context = 0;
    const scores = context + q * H * this.#Dv;
    const query = scores + H * q * this.#columns;
    const key = query + q * H * this.#Dk;
    const value = key + v * H * this.#Dk;
    const input = value + v * H * this.#Dv;
    const scratch = input + v * this.#products[1].K;
    return { context, scores, query, key, value, input, scratch };
  }

  #scratch(B: number, Tq: number, Tv: number): number {
    const { kernels } = this;
    const [Dk, Dv] = [this.#Dk, this.#Dv];
    const dense = this.#products.map(({ K, N }, i) =>
      kernels.denseScratchFloats(B * (i === 1 || i === 2 ? Tv : Tq), K, N),
    );
    return Math.max(
      ...dense,
      kernels.batchProductFloats(Tq, Dv, Tv),
      kernels.batchProductFloats(Tv, Tq, Dv),
      kernels.batchProductFloats(Tq, Tv, Dk),
      kernels.batchProductFloats(Tv, Tq, Dk),
    );
  }

  forward(extent: Extent, pass: Pass): void {
    const { kernels, buffers, inputs } = this;
    const { B, steps } = extent;
    const [Tq, Tv] = steps;
    const { numHeads: H, keyDim, valueDim = keyDim, dropout, useCausalMask } = this.#config;
    const [y, query, key, value, weights, dropped, context] = buffers.regions;
    const [ofQuery, ofKey, ofValue, ofContext] = this.#rows();
    const scratch = buffers.forwardScratch;
    this.#multiply(0, B * Tq, inputs[0], { pointer: query, stride: ofQuery });
    // rows of key and value that stand there already
    let before = 0;
    if (this.grows > 0) before = B * (Tv - 1);
    else if (this.stays && pass.from > 0) before = B * Tv;
    const rows = B * Tv - before;
    const [newKey, newValue] = [key + 4 * before * ofKey, value + 4 * before * ofValue];
    if (rows > 0) {
      this.#multiply(1, rows, inputs[this.#input(1)], { pointer: newKey, stride: ofKey });
      this.#multiply(2, rows, inputs[1], { pointer: newValue, stride: ofValue });
    }
    const columns = this.#columns;
    const head = B * Tq * columns;
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, H, Tq, keyDim, Tv, query, ofQuery, this.#Dk, false, key, ofKey, this.#Dk, true, weights, columns, head, scratch);
    const [q, v, k] = this.#masks();
    const mode = (dropout > 0 ? kernels.MASK_CLEAR : kernels.MASK_REPLACE).value as number;
    // biome-ignore format: the argument list of the contract
    kernels.attentionSoftmax(B, H, Tq, Tv, pass.from, useCausalMask, this.#factor, 0, q, v, k, mode, weights, columns);
    let used = weights;
    if (pass.training && dropout > 0) {
      used = dropped;
      this.#drop(H * B * Tq, Tv, pass, weights, dropped);
    }
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, H, Tq, Tv, valueDim, used, columns, head, false, value, ofValue, this.#Dv, false, context, ofContext, this.#Dv, scratch);
    const [output] = this.outputs;
    output.pointer = y;
    output.lengths = inputs[0].lengths;
    this.#multiply(3, B * Tq, { pointer: context, stride: ofContext }, output);
  }

  override grownViews(): readonly View[] {
    const [, , key, value] = this.buffers.regions;
    const [, ofKey, ofValue] = this.#rows();
    return [
      { pointer: key, stride: ofKey, lengths: 0 },
      { pointer: value, stride: ofValue, lengths: 0 },
    ];
  }

  /** Floats of a row of query, key, value and context. */
  #rows(): readonly [number, number, number, number] {
    const { numHeads: H } = this.#config;
    return [H * this.#Dk, H * this.#Dk, H * this.#Dv, H * this.#Dv];
  }

  get #factor(): number {
    return 1 / Math.sqrt(this.#config.keyDim);
  }

  /** Of query, value, and of the key where it is another one. */
  #masks(): readonly [number, number, number] {
    const [query, value, key] = this.inputs;
    return [query.lengths, value.lengths, key?.lengths ?? 0];
  }

  #multiply(product: number, rows: number, x: Place, y: Place): void {
    const { kernels } = this;
    const { K, N } = this.#products[product];
    const [w, b] = this.#places(product, this.buffers.blocks);
    const linear = kernels.ACT_LINEAR.value as number;
    kernels.denseForward(rows, K, N, x.pointer, x.stride, w, b, linear, y.pointer, y.stride);
  }

  #drop(R: number, C: number, { step }: Pass, from: number, to: number): void {
    const { seed, stream } = this.#draws;
    const columns = this.#columns;
    const { dropout } = this.#config;
    // biome-ignore format: the argument list of the contract
    this.kernels.dropout(R, C, from, columns, to, columns, dropout, seed.lo, seed.hi, step, stream);
  }

  backward({ B, steps: [Tq, Tv] }: Extent, pass: Pass): void {
    const { kernels, inputs } = this;
    const { numHeads: H, keyDim, valueDim = keyDim, dropout, useCausalMask } = this.#config;
    const [, query, key, value, weights, dropped, context] = this.buffers.regions;
    const [ofQuery, ofKey, ofValue, ofContext] = this.#rows();
    const columns = this.#columns;
    const head = B * Tq * columns;
    const layout = this.#layout(B, Tq, Tv);
    const at = (floats: number) => this.buffers.backwardScratch + 4 * floats;
    const scratch = at(layout.scratch);
    const d = at(layout.scores);
    const dC = { pointer: at(layout.context), stride: ofContext };
    const dQ = { pointer: at(layout.query), stride: ofQuery };
    const dK = { pointer: at(layout.key), stride: ofKey };
    const dV = { pointer: at(layout.value), stride: ofValue };
    this.#back(
      3,
      B * Tq,
      { pointer: context, stride: ofContext },
      this.outputGradients[0],
      dC,
      scratch,
    );
    const used = dropout > 0 ? dropped : weights;
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, H, Tq, valueDim, Tv, dC.pointer, ofContext, this.#Dv, false, value, ofValue, this.#Dv, true, d, columns, head, scratch);
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, H, Tv, Tq, valueDim, used, columns, head, true, dC.pointer, ofContext, this.#Dv, false, dV.pointer, ofValue, this.#Dv, scratch);
    const rows = H * B * Tq;
    if (dropout > 0) this.#drop(rows, Tv, pass, d, d);
    kernels.attentionSoftmaxBackward(rows, Tv, weights, columns, d, columns);
    const [q, v, k] = this.#masks();
    if (q || v || k) kernels.attentionHide(B, H, Tq, Tv, useCausalMask, q, v, k, d, columns);
    kernels.scaleRows(rows, Tv, d, columns, this.#factor, 0);
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, H, Tq, Tv, keyDim, d, columns, head, false, key, ofKey, this.#Dk, false, dQ.pointer, ofQuery, this.#Dk, scratch);
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, H, Tv, Tq, keyDim, d, columns, head, true, query, ofQuery, this.#Dk, false, dK.pointer, ofKey, this.#Dk, scratch);
    const [dQuery, dValue] = this.inputGradients;
    this.#back(0, B * Tq, inputs[0], dQ, dQuery, scratch);
    this.#back(2, B * Tv, inputs[1], dV, dValue, scratch);
    if (inputs.length > 2) {
      this.#back(1, B * Tv, inputs[2], dK, this.inputGradients[2], scratch);
      return;
    }
    // the value is the key as well: its gradient has two parts
    const stride = this.#products[1].K;
    const part = { pointer: dValue.pointer && at(layout.input), stride };
    this.#back(1, B * Tv, inputs[1], dK, part, scratch);
    if (part.pointer === 0) return;
    kernels.addRows(B * Tv, stride, part.pointer, stride, dValue.pointer, dValue.stride);
  }

  #back(product: number, rows: number, x: Place, dY: Place, dX: Place, scratch: number): void {
    const { kernels } = this;
    const { K, N } = this.#products[product];
    const [w] = this.#places(product, this.buffers.blocks);
    const [dW, db] = this.#places(product, this.buffers.gradients);
    const linear = kernels.ACT_LINEAR.value as number;
    // a linear activation asks for no output
    // biome-ignore format: the argument list of the contract
    kernels.denseBackward(rows, K, N, x.pointer, x.stride, w, 0, 0, dY.pointer, dY.stride, linear, dX.pointer, dX.stride, dW, db, scratch);
  }

  override initialize(
    weights: readonly number[],
    _scratch: number,
    { lo, hi }: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    const { kernels } = this;
    this.weights.forEach(({ shape, name }, i) => {
      const n = floatsOf(shape);
      if (name.endsWith('bias')) {
        kernels.fill(n, weights[i], 0);
        return;
      }
      // as Keras takes a kernel of three axes: the last two for input and output, the first for both
      const [a, b, c] = shape;
      kernels.glorotUniform(n, weights[i], a * b, a * c, lo, hi, firstStream + i, streamHigh);
    });
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    const { kernels } = this;
    this.#products.forEach(({ groups, N }, i) => {
      const [kernel, bias] = this.#places(i, weights);
      const [w, b] = this.#places(i, blocks);
      kernels.packGroups(...groups, kernel, w);
      if (b === 0) return;
      const [, , heads, dim] = groups;
      kernels.copyColumns(heads, dim, N / heads - dim, bias, dim, b, N / heads);
    });
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    const { kernels } = this;
    this.#products.forEach(({ groups, N }, i) => {
      const [kernel, bias] = this.#places(i, weights);
      const [w, b] = this.#places(i, blocks);
      kernels.unpackGroups(...groups, w, kernel);
      if (b === 0) return;
      const [, , heads, dim] = groups;
      kernels.copyColumns(heads, dim, 0, b, N / heads, bias, dim);
    });
  }
}
