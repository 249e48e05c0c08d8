import { ALONE } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import { booleanRule, integerRule, type Rules, type Settled, settle } from '../rules.js';
import { directed } from './backwards.js';
import { type CellActivation, cellActivationRule, MOST_PROJECTED } from './cell-kind.js';
import { checkBias } from './check-bias.js';
import { rateRule, type StateDropOptions, stateDropRules } from './drop-options.js';
import { Layer } from './layer.js';
import {
  isVanilla,
  type LstmVariant,
  LstmVariantNode,
  statesOf,
  variantRule,
} from './lstm-variant.js';
import type { Context, Demands, Extent, Pass } from './node.js';
import { recurrentOutputs } from './passing-states.js';
import type { Port } from './port.js';
import { gateWeights, RecurrentNode, type RecurrentOptions, recurrentRules } from './recurrent.js';

/** Options of layers.lstm, named as in Keras. */
export interface LstmOptions extends RecurrentOptions, StateDropOptions {
  /**
   * The share of units whose c stays as it was in a time step of training (zoneout); in inference c is the mean: from 0 up to,
   * not including, 1. Not for the variant 'peephole'. Default 0.
   */
  zoneoutCell?: number | undefined;
  /** Starts the forget gate's bias at 1 (Jozefowicz et al. 2015). Default true. */
  unitForgetBias?: boolean | undefined;
  /** Which LSTM, see LstmVariant. Default 'vanilla'. */
  variant?: LstmVariant | undefined;
  /** Of the candidate and of what h is of c. Default 'tanh'. */
  activation?: CellActivation | undefined;
  /** Of the gates. Default 'sigmoid'. */
  recurrentActivation?: CellActivation | undefined;
  /** false: no bias. Default true. */
  useBias?: boolean | undefined;
  /**
   * P, from 1 to 4095: h, which the next step sees and the layer puts out, is a projection of the units' outputs to P
   * columns (Sak et al. 2014; proj_size of PyTorch). Not with fullGateRecurrence. Default: none.
   */
  projectionUnits?: number | undefined;
  /**
   * true: layer normalization (Ba et al. 2016) of x W, of h U and of c, with a gain and a shift each. Not with
   * fullGateRecurrence. Default false.
   */
  layerNorm?: boolean | undefined;
}

const rules = {
  ...recurrentRules,
  ...stateDropRules,
  zoneoutCell: rateRule,
  unitForgetBias: { ...booleanRule, otherwise: () => true },
  variant: { ...variantRule, otherwise: () => 'vanilla' },
  activation: { ...cellActivationRule, otherwise: () => 'tanh' },
  recurrentActivation: { ...cellActivationRule, otherwise: () => 'sigmoid' },
  useBias: { ...booleanRule, otherwise: () => true },
  projectionUnits: integerRule(1, MOST_PROJECTED),
  layerNorm: { ...booleanRule, otherwise: () => false },
} satisfies Rules<LstmOptions>;

type LstmConfig = Omit<Settled<LstmOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate of Gers et al. 2000)
 * with tanh and sigmoid as in Keras, or a variant of it. Input [n, T, I], output [n, H] or [n, T, H].
 * Weights: kernel [I, 4H], recurrentKernel [H, 4H], bias [4H], gates i, f, c, o without those that the variant lacks;
 * peephole [3, H] of i, f, o; gateKernel [3H, 3H] from i, f, o of the step before to i, f, o. With projectionUnits the
 * output is [n, P] or [n, T, P], recurrentKernel [P, 4H], and projectionKernel [H, P] comes last; with layerNorm
 * kernelGamma, kernelBeta, recurrentGamma, recurrentBeta [4H], cellGamma and cellBeta [H] stand before it.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function lstm(options: LstmOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.lstm', options, rules);
  checkBias('layers.lstm', config);
  const { projectionUnits: projected, variant } = config;
  const besides = { projectionUnits: projected, layerNorm: config.layerNorm || undefined };
  for (const [option, value] of Object.entries(besides)) {
    if (value === undefined || variant !== 'fullGateRecurrence') continue;
    throw new SluiceError(
      'bad-option',
      `layers.lstm: ${option} does not go with variant 'fullGateRecurrence', but is ${value}; leave one of them out`,
    );
  }
  const out = { ...config, columns: projected };
  checkZoneout(config);
  const states = statesOf(config.variant);
  return new Layer({
    className: 'LSTM',
    name,
    inputShape,
    trainable,
    config,
    states,
    givesStates: config.returnState,
    outputs: (inputs, label) => recurrentOutputs(out, 'an LSTM', states, inputs, label),
    connect: (inputs, outputs, context) =>
      directed(
        config,
        isVanilla(config)
          ? new LstmNode(config, inputs, outputs, context)
          : new LstmVariantNode(config, inputs, outputs, context),
        context,
      ),
  });
}

/** @throws SluiceError 'bad-option' for what does not go with norms, and peepholes that would see c as it was before zoneout */
function checkZoneout(config: LstmConfig): void {
  const { variant, zoneoutCell, layerNorm } = config;
  for (const name of ['recurrentDropout', 'zoneoutHidden', 'zoneoutCell'] as const) {
    if (!layerNorm || config[name] === 0) continue;
    throw new SluiceError(
      'bad-option',
      `layers.lstm: ${name} does not go with layerNorm, but is ${config[name]}; leave one of them out`,
    );
  }
  if (variant !== 'peephole' || zoneoutCell === 0) return;
  throw new SluiceError(
    'bad-option',
    "layers.lstm: zoneoutCell is not for variant 'peephole', whose output gate sees c of the same step; leave zoneoutCell out, or " +
      'take another variant',
  );
}

/** Gates i, f, c, o. */
const GATES = 4;

class LstmNode extends RecurrentNode {
  readonly className = 'LSTM';
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];

  constructor(
    config: LstmConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    const { units, unitForgetBias } = config;
    const ones = unitForgetBias ? units : undefined;
    const weights = gateWeights(config, inputs[0].features, GATES, [GATES * units], ones);
    super(config, { weights, state: ['h', 'c'] }, inputs, outputs, context);
    const { kernels, I, H } = this;
    const [weightFloats, biasFloats] = [kernels.lstmWeightFloats(I, H), kernels.lstmBiasFloats(H)];
    this.blockFloats = [weightFloats, biasFloats];
    // a panel of four units with their four gates
    this.spans = this.tileSpans(weightFloats, biasFloats, GATES * kernels.LANES.value);
  }

  demands({ B, steps: [T] }: Extent, training: boolean): Demands {
    const { kernels, I, H } = this;
    if (training) {
      const scratch = this.mostOf(B, (b) => kernels.lstmScratchFloats(b, T, I, H));
      return {
        regions: [
          { name: 'xh', floats: kernels.lstmXhFloats(B, T, I, H), keeps: 'output' },
          { name: 'cell', floats: kernels.lstmCellFloats(B, T, I, H), keeps: 'step' },
          { name: 'gates', floats: kernels.lstmGatesFloats(B, T, I, H), keeps: 'step' },
          this.stateGradients(B),
        ],
        forwardScratch: scratch,
        backwardScratch: scratch,
      };
    }
    // no gates, no history: the state, and the outputs that are wanted
    return {
      regions: [
        { name: 'xh', floats: kernels.lstmXhFloats(B, 0, I, H), keeps: 'state' },
        { name: 'cell', floats: kernels.lstmCellFloats(B, 0, I, H), keeps: 'state' },
        { name: 'h', floats: this.outputFloats(B, T), keeps: 'output' },
      ],
      forwardScratch: kernels.lstmInferScratchFloats(B, H),
      backwardScratch: 0,
    };
  }

  forward(extent: Extent, pass: Pass): void {
    this.handLengthsOn();
    if (pass.training) this.#forwardTraining(extent);
    else this.#infer(extent, pass);
  }

  #forwardTraining({ B, steps: [T] }: Extent): void {
    const { buffers, I, H } = this;
    const [input] = this.inputs;
    const [xh, cell, gates] = buffers.regions;
    const [w, b] = buffers.blocks;
    const { pointer, stride, lengths } = input;
    const scratch = buffers.forwardScratch;
    if (this.passing.begins) {
      this.passing.begin(B);
      // biome-ignore format: the arguments of one kernel
      this.kernels.lstmForward(
        B, T, I, H, pointer, stride, xh, w, b, gates, cell, lengths, 0, scratch, ALONE, ALONE,
      );
    } else {
      // biome-ignore format: the arguments of one kernel
      this.kernels.lstmForwardFromZero(
        B, T, I, H, pointer, stride, xh, w, b, gates, cell, lengths, scratch, ALONE, ALONE,
      );
    }
    this.outputInRows(xh, B, T);
    this.passing.end(B, T);
  }

  #infer({ B, steps: [T] }: Extent, { from }: Pass): void {
    const { kernels, buffers, I, H } = this;
    const [input] = this.inputs;
    const [xh, cell, h] = buffers.regions;
    const [w, b] = buffers.blocks;
    if (from === 0 && this.passing.begins) this.passing.begin(B);
    else if (from === 0) kernels.lstmZeroState(B, I, H, xh, cell);
    kernels.lstmInfer(
      B,
      T,
      I,
      H,
      input.pointer,
      input.stride,
      xh,
      w,
      b,
      cell,
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
    const [xh, cell, gates] = buffers.regions;
    const [dW = 0, db = 0] = buffers.gradients;
    this.kernels.lstmBackward(
      B,
      T,
      I,
      H,
      xh,
      buffers.blocks[0],
      gates,
      cell,
      gradients.out,
      gradients.outStride,
      gradients.outLast,
      gradients.hLast,
      gradients.cLast,
      inputGradient.pointer,
      inputGradient.stride,
      dW,
      db,
      gradients.hFirst,
      gradients.cFirst,
      this.inputs[0].lengths,
      0,
      buffers.backwardScratch,
      ALONE,
      ALONE,
    );
    this.passing.handBack(B);
  }

  override pack([kernel, recurrent, bias]: readonly number[], [w, b]: readonly number[]): void {
    this.kernels.lstmPack(this.I, this.H, kernel, recurrent, bias, w, b);
  }

  override unpack([kernel, recurrent, bias]: readonly number[], [w, b]: readonly number[]): void {
    this.kernels.lstmUnpack(this.I, this.H, w, b, kernel, recurrent, bias);
  }
}
