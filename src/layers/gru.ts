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

/** Options of layers.gru, named as in Keras. */
export interface GruOptions {
  /** H, the size of the state and of the output: an integer from 1. Required. */
  units: number;
  /** false: the last output [H]; true: the output of each time step [T, H]. Default false. */
  returnSequences?: boolean | undefined;
  /**
   * true: the reset gate multiplies what the state brings to the candidate, as cuDNN and PyTorch do,
   * with a bias of its own; false: it multiplies the state before (Cho et al. 2014). Default true.
   */
  resetAfter?: boolean | undefined;
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** How the weights of the input begin. Default 'glorotUniform'. */
  kernelInitializer?: Initializer | undefined;
  /** How the weights of the state begin. Default 'orthogonal'. */
  recurrentInitializer?: Initializer | undefined;
  /** False: its weights stay as they are. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'gru', then 'gru_1' ... */
  name?: string | undefined;
}

const rules = {
  units: { ...integerRule(1), required: true },
  returnSequences: { ...booleanRule, otherwise: () => false },
  resetAfter: { ...booleanRule, otherwise: () => true },
  inputShape: inputShapeRule,
  kernelInitializer: { ...initializerRule, otherwise: () => 'glorotUniform' },
  recurrentInitializer: { ...initializerRule, otherwise: () => 'orthogonal' },
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<GruOptions>;

type GruConfig = Omit<Settled<GruOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * Gated recurrent unit (Cho et al. 2014) with tanh and sigmoid as in Keras. Input [n, T, I], output
 * [n, H] or [n, T, H]. Weights: kernel [I, 3H], recurrentKernel [H, 3H], bias [2, 3H] (that of the input,
 * then that of the state), or [3H] with resetAfter false; gates z, r, h.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function gru(options: GruOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.gru', options, rules);
  const { units, returnSequences } = config;
  return new Layer({
    className: 'GRU',
    name,
    inputShape,
    trainable,
    config,
    outputs: ([input], label) => {
      sequencePort(label, 'a GRU', input);
      return [port(returnSequences ? [input.steps, units] : [units])];
    },
    connect: (inputs, outputs, context) => new GruNode(config, inputs, outputs, context),
  });
}

class GruNode extends LayerNode {
  readonly className = 'GRU';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  override readonly state: readonly StateSpec[];
  readonly #config: GruConfig;
  readonly #after: number;
  readonly #I: number;
  readonly #H: number;
  /** Floats of one row of xh, and the column at which h begins. */
  readonly #xhStride: number;
  readonly #hColumn: number;

  constructor(
    config: GruConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    const { kernels } = this;
    this.#config = config;
    this.#after = Number(config.resetAfter);
    const I = inputs[0].features;
    const H = config.units;
    this.#I = I;
    this.#H = H;
    this.state = [{ name: 'h', features: H }];
    this.weights = [
      { name: 'kernel', shape: [I, 3 * H] },
      { name: 'recurrentKernel', shape: [H, 3 * H] },
      { name: 'bias', shape: config.resetAfter ? [2, 3 * H] : [3 * H] },
    ];
    this.blockFloats = [kernels.gruWeightFloats(I, H), kernels.gruBiasFloats(H)];
    this.#hColumn = padded(kernels, I);
    this.#xhStride = this.#hColumn + padded(kernels, H);
    this.spans = this.#spans();
    this.initializerFloats = Math.max(
      initializerScratch(kernels, config.kernelInitializer, I, 3 * H),
      initializerScratch(kernels, config.recurrentInitializer, H, 3 * H),
    );
  }

  /** A tile of 16 columns holds its rows of kernel, then those of recurrentKernel. */
  #spans(): Span[] {
    const [weightFloats, biasFloats] = this.blockFloats;
    const columns = 16;
    const kernelFloats = columns * this.#hColumn;
    const stride = columns * this.#xhStride;
    const tile = { runs: weightFloats / stride, stride };
    return [
      { name: 'kernel', offset: 0, length: kernelFloats, ...tile },
      { name: 'recurrentKernel', offset: kernelFloats, length: stride - kernelFloats, ...tile },
      stretch('bias', weightFloats, biasFloats),
    ];
  }

  demands({ B, steps: [T] }: Extent, training: boolean): Demands {
    return training ? this.#trainingDemands(B, T) : this.#inferenceDemands(B, T);
  }

  #trainingDemands(B: number, T: number): Demands {
    const { kernels } = this;
    const I = this.#I;
    const H = this.#H;
    return {
      regions: [
        { name: 'xh', floats: kernels.gruXhFloats(B, T, I, H), keeps: 'output' },
        { name: 'saved', floats: kernels.gruSavedFloats(B, T, H), keeps: 'step' },
        { name: 'rh', floats: kernels.gruResetFloats(B, T, H, this.#after), keeps: 'step' },
      ],
      forwardScratch: kernels.gruForwardScratchFloats(B, H),
      backwardScratch: this.#backwardFloats(B, T),
    };
  }

  /** The kernel gathers whole time steps of up to 128 rows, so a smaller batch can want more. */
  #backwardFloats(B: number, T: number): number {
    const floats = (b: number) => this.kernels.gruBackwardScratchFloats(b, T, this.#I, this.#H);
    let most = floats(B);
    for (let b = Math.min(B, 256); b > 0; b--) most = Math.max(most, floats(b));
    return most;
  }

  /** No history: the state, and the outputs that are wanted. */
  #inferenceDemands(B: number, T: number): Demands {
    const { kernels } = this;
    const H = this.#H;
    const outputs = this.#config.returnSequences ? T : 1;
    return {
      regions: [
        { name: 'xh', floats: kernels.gruXhFloats(B, 0, this.#I, H), keeps: 'state' },
        { name: 'h', floats: outputs * B * padded(kernels, H), keeps: 'output' },
      ],
      forwardScratch: kernels.gruInferScratchFloats(B, H),
      backwardScratch: 0,
    };
  }

  forward(extent: Extent, pass: Pass): void {
    this.outputs[0].lengths = this.#config.returnSequences ? this.inputs[0].lengths : 0;
    if (pass.training) this.#forwardTraining(extent);
    else this.#infer(extent, pass);
  }

  #forwardTraining({ B, steps: [T] }: Extent): void {
    const { place } = this;
    const [input] = this.inputs;
    const [output] = this.outputs;
    const [xh, saved, rh] = place.regions;
    const [w, b] = place.blocks;
    this.kernels.gruForwardFromZero(
      B,
      T,
      this.#I,
      this.#H,
      this.#after,
      input.pointer,
      input.stride,
      xh,
      w,
      b,
      saved,
      this.#after ? 0 : rh,
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
    const [xh, h] = place.regions;
    const [w, b] = place.blocks;
    if (from === 0) kernels.gruZeroState(B, this.#I, this.#H, xh);
    kernels.gruInfer(
      B,
      T,
      this.#I,
      this.#H,
      this.#after,
      input.pointer,
      input.stride,
      xh,
      w,
      b,
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
    const { place } = this;
    const [outputGradient] = this.outputGradients;
    const [inputGradient] = this.inputGradients;
    const [xh, saved, rh] = place.regions;
    const [dW = 0, db = 0] = place.gradients;
    this.kernels.gruBackward(
      B,
      T,
      this.#I,
      this.#H,
      this.#after,
      xh,
      place.blocks[0],
      saved,
      this.#after ? 0 : rh,
      outputGradient.pointer,
      outputGradient.stride,
      this.#config.returnSequences ? 0 : 1,
      0,
      inputGradient.pointer,
      inputGradient.stride,
      dW,
      db,
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
    const { kernelInitializer, recurrentInitializer, resetAfter } = this.#config;
    const H = this.#H;
    const [kernel, recurrent, bias] = weights;
    const draw = (how: Initializer, rows: number, pointer: number, stream: number) =>
      initializeMatrix(kernels, how, rows, 3 * H, pointer, scratch, seed, stream, streamHigh);
    draw(kernelInitializer, this.#I, kernel, firstStream);
    draw(recurrentInitializer, H, recurrent, firstStream + 1);
    kernels.fill((resetAfter ? 6 : 3) * H, bias, 0);
  }

  override pack([kernel, recurrent, bias]: readonly number[], [w, b]: readonly number[]): void {
    this.kernels.gruPack(this.#I, this.#H, this.#after, kernel, recurrent, bias, w, b);
  }

  override unpack([kernel, recurrent, bias]: readonly number[], [w, b]: readonly number[]): void {
    this.kernels.gruUnpack(this.#I, this.#H, this.#after, w, b, kernel, recurrent, bias);
  }
}
