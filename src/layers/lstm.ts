import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import type { SeedWords } from '../random.js';
import { booleanRule, integerRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
import {
  type Initializer,
  initializeMatrix,
  initializerRule,
  initializerScratch,
} from './initializers.js';
import { Layer } from './layer.js';
import {
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type StateSpec,
  type WeightSpec,
} from './node.js';
import { inputShapeRule, type Port, port, type Shape, sequencePort } from './port.js';

/** Options of layers.lstm, named as in Keras. */
export interface LstmOptions {
  /** H, the size of the state and of the output: an integer from 1. Required. */
  units: number;
  /** false: the last output [H]; true: the output of each time step [T, H]. Default false. */
  returnSequences?: boolean | undefined;
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** How the weights of the input begin. Default 'glorotUniform'. */
  kernelInitializer?: Initializer | undefined;
  /** How the weights of the state begin. Default 'orthogonal'. */
  recurrentInitializer?: Initializer | undefined;
  /** Starts the forget gate's bias at 1 (Jozefowicz et al. 2015). Default true. */
  unitForgetBias?: boolean | undefined;
  /** False: its weights stay as they are. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'lstm', then 'lstm_1' ... */
  name?: string | undefined;
}

const rules = {
  units: { ...integerRule(1), required: true },
  returnSequences: { ...booleanRule, otherwise: () => false },
  inputShape: inputShapeRule,
  kernelInitializer: { ...initializerRule, otherwise: () => 'glorotUniform' },
  recurrentInitializer: { ...initializerRule, otherwise: () => 'orthogonal' },
  unitForgetBias: { ...booleanRule, otherwise: () => true },
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<LstmOptions>;

type LstmConfig = Omit<Settled<LstmOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate of Gers et al. 2000)
 * with tanh and sigmoid as in Keras. Input [n, T, I], output [n, H] or [n, T, H].
 * Weights: kernel [I, 4H], recurrentKernel [H, 4H], bias [4H], gates i, f, c, o.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function lstm(options: LstmOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.lstm', options, rules);
  const { units, returnSequences } = config;
  return new Layer({
    className: 'LSTM',
    name,
    inputShape,
    trainable,
    config,
    outputs: ([input], label) => {
      sequencePort(label, 'an LSTM', input);
      return [port(returnSequences ? [input.steps, units] : [units])];
    },
    connect: (inputs, outputs, context) => new LstmNode(config, inputs, outputs, context),
  });
}

class LstmNode extends LayerNode {
  readonly className = 'LSTM';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  override readonly state: readonly StateSpec[];
  readonly #config: LstmConfig;
  readonly #I: number;
  readonly #H: number;
  /** Floats of one row of xh, and the column at which h begins. */
  readonly #xhStride: number;
  readonly #hColumn: number;

  constructor(
    config: LstmConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    const { kernels } = this;
    this.#config = config;
    const I = inputs[0].features;
    const H = config.units;
    this.#I = I;
    this.#H = H;
    this.state = [
      { name: 'h', features: H },
      { name: 'c', features: H },
    ];
    this.weights = [
      { name: 'kernel', shape: [I, 4 * H] },
      { name: 'recurrentKernel', shape: [H, 4 * H] },
      { name: 'bias', shape: [4 * H] },
    ];
    this.blockFloats = [kernels.lstmWeightFloats(I, H), kernels.lstmBiasFloats(H)];
    this.#hColumn = padded(kernels, I);
    this.#xhStride = this.#hColumn + padded(kernels, H);
    this.spans = this.#spans();
    this.initializerFloats = Math.max(
      initializerScratch(kernels, config.kernelInitializer, I, 4 * H),
      initializerScratch(kernels, config.recurrentInitializer, H, 4 * H),
    );
  }

  /** A panel of four units holds its rows of kernel, then those of recurrentKernel. */
  #spans(): Span[] {
    const [weightFloats, biasFloats] = this.blockFloats;
    const Hp = this.#xhStride - this.#hColumn;
    const panels = Hp / (this.kernels.LANES.value as number);
    const rowFloats = biasFloats / panels;
    const panel = { runs: panels, stride: rowFloats * this.#xhStride };
    const kernelFloats = rowFloats * this.#hColumn;
    return [
      { name: 'kernel', offset: 0, length: kernelFloats, ...panel },
      { name: 'recurrentKernel', offset: kernelFloats, length: rowFloats * Hp, ...panel },
      stretch('bias', weightFloats, biasFloats),
    ];
  }

  demands(extent: Extent, training: boolean): Demands {
    const { B, steps } = extent;
    return training ? this.#trainingDemands(B, steps[0]) : this.#inferenceDemands(B, steps[0]);
  }

  #trainingDemands(B: number, T: number): Demands {
    const { kernels } = this;
    const I = this.#I;
    const H = this.#H;
    const scratch = this.#scratchFloats(B, T);
    return {
      regions: [
        { name: 'xh', floats: kernels.lstmXhFloats(B, T, I, H), keeps: 'output' },
        { name: 'gates', floats: kernels.lstmGatesFloats(B, T, I, H), keeps: 'step' },
        { name: 'cell', floats: kernels.lstmCellFloats(B, T, I, H), keeps: 'step' },
      ],
      forwardScratch: scratch,
      backwardScratch: scratch,
    };
  }

  /** No gates, no history: the state, and the outputs that are wanted. */
  #inferenceDemands(B: number, steps: number): Demands {
    const { kernels } = this;
    const I = this.#I;
    const H = this.#H;
    const outputs = this.#config.returnSequences ? steps : 1;
    return {
      regions: [
        { name: 'xh', floats: kernels.lstmXhFloats(B, 0, I, H), keeps: 'state' },
        { name: 'cell', floats: kernels.lstmCellFloats(B, 0, I, H), keeps: 'state' },
        { name: 'h', floats: outputs * B * padded(kernels, H), keeps: 'output' },
      ],
      forwardScratch: kernels.lstmInferScratchFloats(B, H),
      backwardScratch: 0,
    };
  }

  /**
   * The kernel gathers whole time steps of up to 128 rows, so a batch smaller than B can want
   * more than B does: the plan must hold for each of them.
   */
  #scratchFloats(B: number, T: number): number {
    const floats = (b: number) => this.kernels.lstmScratchFloats(b, T, this.#I, this.#H);
    let most = floats(B);
    for (let b = Math.min(B, 256); b > 0; b--) most = Math.max(most, floats(b));
    return most;
  }

  forward(extent: Extent, pass: Pass): void {
    this.outputs[0].lengths = this.#config.returnSequences ? this.inputs[0].lengths : 0;
    if (pass.training) this.#forwardTraining(extent);
    else this.#infer(extent, pass);
  }

  #forwardTraining({ B, steps: [T] }: Extent): void {
    const { kernels, place } = this;
    const [input] = this.inputs;
    const [output] = this.outputs;
    const [xh, gates, cell] = place.regions;
    const [w, b] = place.blocks;
    kernels.lstmForwardFromZero(
      B,
      T,
      this.#I,
      this.#H,
      input.pointer,
      input.stride,
      xh,
      w,
      b,
      gates,
      cell,
      input.lengths,
      place.forwardScratch,
    );
    const firstStep = this.#config.returnSequences ? 1 : T;
    output.pointer = xh + 4 * (firstStep * B * this.#xhStride + this.#hColumn);
    output.stride = this.#xhStride;
  }

  #infer({ B, steps: [T] }: Extent, { from }: Pass): void {
    const { kernels, place } = this;
    const [input] = this.inputs;
    const [output] = this.outputs;
    const [xh, cell, h] = place.regions;
    const [w, b] = place.blocks;
    if (from === 0) kernels.lstmZeroState(B, this.#I, this.#H, xh, cell);
    kernels.lstmInfer(
      B,
      T,
      this.#I,
      this.#H,
      input.pointer,
      input.stride,
      xh,
      w,
      b,
      cell,
      h,
      this.#config.returnSequences ? 1 : 0,
      input.lengths,
      from,
      place.forwardScratch,
    );
    output.pointer = h;
    output.stride = this.#xhStride - this.#hColumn;
  }

  backward({ B, steps: [T] }: Extent): void {
    const { kernels, place } = this;
    const [outputGradient] = this.outputGradients;
    const [inputGradient] = this.inputGradients;
    const [xh, gates, cell] = place.regions;
    const [dW = 0, db = 0] = place.gradients;
    kernels.lstmBackward(
      B,
      T,
      this.#I,
      this.#H,
      xh,
      place.blocks[0],
      gates,
      cell,
      outputGradient.pointer,
      outputGradient.stride,
      this.#config.returnSequences ? 0 : 1,
      0,
      0,
      inputGradient.pointer,
      inputGradient.stride,
      dW,
      db,
      0,
      0,
      this.inputs[0].lengths,
      0,
      place.backwardScratch,
    );
  }

  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    const { kernels } = this;
    const { kernelInitializer, recurrentInitializer, unitForgetBias } = this.#config;
    const I = this.#I;
    const H = this.#H;
    const [kernel, recurrent, bias] = weights;
    const draw = (how: Initializer, rows: number, pointer: number, stream: number) =>
      initializeMatrix(kernels, how, rows, 4 * H, pointer, scratch, seed, stream, streamHigh);
    draw(kernelInitializer, I, kernel, firstStream);
    draw(recurrentInitializer, H, recurrent, firstStream + 1);
    kernels.fill(4 * H, bias, 0);
    if (unitForgetBias) {
      new Float32Array(kernels.memory.buffer, bias + 4 * H, H).fill(1);
    }
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    const [kernel, recurrent, bias] = weights;
    this.kernels.lstmPack(this.#I, this.#H, kernel, recurrent, bias, blocks[0], blocks[1]);
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    const [kernel, recurrent, bias] = weights;
    this.kernels.lstmUnpack(this.#I, this.#H, blocks[0], blocks[1], kernel, recurrent, bias);
  }
}
