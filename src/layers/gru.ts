import { ALONE } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import { booleanRule, type Rules, type Settled, settle } from '../rules.js';
import { directed } from './backwards.js';
import { CellDrops } from './cell-drops.js';
import { activationNumber, type CellActivation, cellActivationRule } from './cell-kind.js';
import { checkBias } from './check-bias.js';
import { type StateDropOptions, stateDropRules } from './drop-options.js';
import { Layer } from './layer.js';
import type { Context, Demands, Extent, Pass } from './node.js';
import { recurrentOutputs } from './passing-states.js';
import type { Port } from './port.js';
import { gateWeights, RecurrentNode, type RecurrentOptions, recurrentRules } from './recurrent.js';

/** Options of layers.gru, named as in Keras. */
export interface GruOptions extends RecurrentOptions, StateDropOptions {
  /**
   * true: the reset gate multiplies what the state brings to the candidate, as cuDNN and PyTorch do,
   * with a bias of its own; false: it multiplies the state before (Cho et al. 2014). Default true.
   */
  resetAfter?: boolean | undefined;
  /** Of the candidate. Default 'tanh'. */
  activation?: CellActivation | undefined;
  /** Of the gates. Default 'sigmoid'. */
  recurrentActivation?: CellActivation | undefined;
  /** false: no bias. Default true. */
  useBias?: boolean | undefined;
}

const rules = {
  ...recurrentRules,
  ...stateDropRules,
  resetAfter: { ...booleanRule, otherwise: () => true },
  activation: { ...cellActivationRule, otherwise: () => 'tanh' },
  recurrentActivation: { ...cellActivationRule, otherwise: () => 'sigmoid' },
  useBias: { ...booleanRule, otherwise: () => true },
} satisfies Rules<GruOptions>;

type GruConfig = Omit<Settled<GruOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * Gated recurrent unit (Cho et al. 2014) with the activations of Keras. Input [n, T, I], output
 * [n, H] or [n, T, H]. Weights: kernel [I, 3H], recurrentKernel [H, 3H], bias [2, 3H] (that of the input,
 * then that of the state), or [3H] with resetAfter false, or none; gates z, r, h.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function gru(options: GruOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.gru', options, rules);
  checkBias('layers.gru', config);
  return new Layer({
    className: 'GRU',
    name,
    inputShape,
    trainable,
    config,
    states: ['h'],
    givesStates: config.returnState,
    outputs: (inputs, label) => recurrentOutputs(config, 'a GRU', ['h'], inputs, label),
    connect: (inputs, outputs, context) =>
      directed(config, new GruNode(config, inputs, outputs, context), context),
  });
}

/** Gates z, r, h. */
const GATES = 3;
/** Columns of a tile of weights, see assembly/cells/gru-layout.ts. */
const TILE = 16;

/** The number by which the kernels know a GRU (assembly/cells/gru-layout.ts). */
function kindNumber(config: GruConfig): number {
  const { resetAfter, activation, recurrentActivation, useBias, recurrentDropout } = config;
  // each gate sees a state of its own
  const split = recurrentDropout > 0;
  const number = Number(resetAfter) | (useBias ? 0 : 1 << 18) | (split ? 4 : 0);
  if (!split && activation === 'tanh' && recurrentActivation === 'sigmoid') return number;
  const activations =
    (activationNumber(activation) << 9) | (activationNumber(recurrentActivation) << 15);
  return number | 2 | activations;
}

class GruNode extends RecurrentNode {
  readonly className = 'GRU';
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  readonly #after: number;
  readonly #kind: number;
  /** Undefined where neither states are dropped nor units zoned out. */
  readonly #drops: CellDrops | undefined;

  constructor(
    config: GruConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    const columns = GATES * config.units;
    const bias = config.resetAfter ? [2, columns] : [columns];
    const weights = gateWeights(
      config,
      inputs[0].features,
      GATES,
      config.useBias ? bias : undefined,
    );
    super(config, { weights, state: ['h'] }, inputs, outputs, context);
    const { kernels, I, H } = this;
    const [weightFloats, biasFloats] = [kernels.gruWeightFloats(I, H), kernels.gruBiasFloats(H)];
    this.#after = Number(config.resetAfter);
    this.#kind = kindNumber(config);
    const { hColumn, xhStride: stride } = this;
    const row = { gates: GATES, I, columns: H, H, hColumn, stride };
    this.#drops = CellDrops.of(config, row, context);
    this.blockFloats = [weightFloats, biasFloats];
    const spans = this.tileSpans(weightFloats, biasFloats, TILE);
    this.spans = spans.filter(({ name }) => config.useBias || name !== 'bias');
  }

  demands({ B, steps: [T] }: Extent, training: boolean): Demands {
    const { kernels, I, H } = this;
    if (training) {
      return {
        regions: [
          { name: 'xh', floats: kernels.gruXhFloats(B, T, I, H), keeps: 'output' },
          { name: 'saved', floats: kernels.gruSavedFloats(B, T, H), keeps: 'step' },
          { name: 'rh', floats: kernels.gruResetFloats(B, T, H, this.#after), keeps: 'step' },
          ...(this.#drops?.regions(
            B,
            T,
            this.mostOf(B, (b) => kernels.gruDropFloats(b, T, H)),
          ) ?? []),
          this.stateGradients(B),
        ],
        forwardScratch: kernels.gruForwardScratchFloats(B, H),
        backwardScratch: this.mostOf(B, (b) => kernels.gruBackwardScratchFloats(b, T, I, H)),
      };
    }
    // no history: the state, and the outputs that are wanted
    return {
      regions: [
        { name: 'xh', floats: kernels.gruXhFloats(B, 0, I, H), keeps: 'state' },
        { name: 'h', floats: this.outputFloats(B, T), keeps: 'output' },
      ],
      forwardScratch: kernels.gruInferScratchFloats(B, H),
      backwardScratch: 0,
    };
  }

  forward(extent: Extent, pass: Pass): void {
    this.handLengthsOn();
    if (pass.training) this.#forwardTraining(extent, pass);
    else this.#infer(extent, pass);
  }

  #forwardTraining({ B, steps: [T] }: Extent, { step }: Pass): void {
    const { buffers, I, H } = this;
    const [input] = this.inputs;
    const [xh, saved, rh, ...regions] = buffers.regions;
    const [w, b] = buffers.blocks;
    const kind = this.#kind;
    const reset = this.#after ? 0 : rh;
    const { pointer, stride, lengths } = input;
    const scratch = buffers.forwardScratch;
    if (this.#drops) {
      const dropped = this.#drops.buffers(regions);
      const { masks, masked, keepH } = dropped;
      this.#drops.draw(B, T, step, dropped);
      if (this.passing.begins) this.passing.begin(B);
      else this.kernels.gruZeroState(B, I, H, xh);
      // biome-ignore format: the arguments of one kernel
      this.kernels.gruForwardDropped(
        B, T, I, H, kind, pointer, stride, xh, w, b, saved, reset, lengths, 0, masks, masked, keepH, scratch,
        ALONE, ALONE,
      );
    } else if (this.passing.begins) {
      this.passing.begin(B);
      // biome-ignore format: the arguments of one kernel
      this.kernels.gruForward(
        B, T, I, H, kind, pointer, stride, xh, w, b, saved, reset, lengths, 0, scratch, ALONE, ALONE,
      );
    } else {
      // biome-ignore format: the arguments of one kernel
      this.kernels.gruForwardFromZero(
        B, T, I, H, kind, pointer, stride, xh, w, b, saved, reset, lengths, scratch, ALONE, ALONE,
      );
    }
    this.outputInRows(xh, B, T);
    this.passing.end(B, T);
  }

  #infer({ B, steps: [T] }: Extent, { from }: Pass): void {
    const { kernels, buffers, I, H } = this;
    const [input] = this.inputs;
    const [xh, h] = buffers.regions;
    const [w, b] = buffers.blocks;
    if (from === 0 && this.passing.begins) this.passing.begin(B);
    else if (from === 0) kernels.gruZeroState(B, I, H, xh);
    if (this.#drops && this.#drops.hidden > 0) {
      kernels.gruInferZoned(
        ...([B, T, I, H, this.#kind, input.pointer, input.stride, xh, w, b, h] as const),
        ...([this.sequences ? 1 : 0, input.lengths, from, this.#drops.hidden] as const),
        ...([buffers.forwardScratch, ALONE, ALONE] as const),
      );
      this.outputAlone(h);
      this.passing.end(B, 0);
      return;
    }
    kernels.gruInfer(
      B,
      T,
      I,
      H,
      this.#kind,
      input.pointer,
      input.stride,
      xh,
      w,
      b,
      h,
      this.sequences ? 1 : 0,
      input.lengths,
      from,
      buffers.forwardScratch,
      ALONE,
      ALONE,
    );
    this.outputAlone(h);
    this.passing.end(B, 0);
  }

  backward({ B, steps: [T] }: Extent): void {
    const { buffers, I, H } = this;
    const gradients = this.passing.gradients(B, this.sequences);
    const [inputGradient] = this.inputGradients;
    const [xh, saved, rh, ...regions] = buffers.regions;
    const [dW = 0, db = 0] = buffers.gradients;
    if (this.#drops) {
      const { masks, masked, keepH, aside } = this.#drops.buffers(regions);
      const { out, outStride, outLast, hLast, hFirst } = gradients;
      this.kernels.gruBackwardDropped(
        ...([B, T, I, H, this.#kind, xh, buffers.blocks[0], saved, this.#after ? 0 : rh] as const),
        ...([out, outStride, outLast, hLast, inputGradient.pointer, inputGradient.stride] as const),
        ...([dW, db, hFirst, this.inputs[0].lengths, 0, masks, masked, keepH, aside] as const),
        ...([buffers.backwardScratch, ALONE, ALONE] as const),
      );
      this.passing.handBack(B);
      return;
    }
    this.kernels.gruBackward(
      B,
      T,
      I,
      H,
      this.#kind,
      xh,
      buffers.blocks[0],
      saved,
      this.#after ? 0 : rh,
      gradients.out,
      gradients.outStride,
      gradients.outLast,
      gradients.hLast,
      inputGradient.pointer,
      inputGradient.stride,
      dW,
      db,
      gradients.hFirst,
      this.inputs[0].lengths,
      0,
      buffers.backwardScratch,
      ALONE,
      ALONE,
    );
    this.passing.handBack(B);
  }

  override pack([kernel, recurrent, bias = 0]: readonly number[], [w, b]: readonly number[]): void {
    this.kernels.gruPack(this.I, this.H, this.#kind, kernel, recurrent, bias, w, b);
  }

  override unpack(
    [kernel, recurrent, bias = 0]: readonly number[],
    [w, b]: readonly number[],
  ): void {
    this.kernels.gruUnpack(this.I, this.H, this.#kind, w, b, kernel, recurrent, bias);
  }
}
