// What the layers of recurrent cells have in common: options, the row [x | h] that their kernels work
// on, where outputs stand in it, and how weights begin.
import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import type { SeedWords } from '../random.js';
import { booleanRule, integerRule, nameRule, type Rules } from '../rules.js';
import { type Constraint, constraintRule } from './constraint.js';
import { type InputDropOptions, inputDropRules } from './drop-options.js';
import { initializerScratch, initializeWeight } from './initialize.js';
import { biasInitializerRule, type Initializer, initializerRule } from './initializer.js';
import {
  type Buffers,
  type Carrier,
  type Context,
  type Demand,
  LayerNode,
  type StateSpec,
  type View,
  type WeightSpec,
} from './node.js';
import { PassingStates } from './passing-states.js';
import { floatsOf, inputShapeRule, type Port, type Shape } from './port.js';
import {
  type ActivityOptions,
  activityRegularizerRule,
  biasRegularizerRule,
  type Regularizer,
  regularizerRule,
} from './regularizer.js';

/** Options of every recurrent layer, named as in Keras. */
export interface RecurrentOptions extends InputDropOptions, ActivityOptions {
  /** H, the size of the state and of the output: an integer from 1. Required. */
  units: number;
  /** false: the last output [H]; true: the output of each time step [T, H]. Default false. */
  returnSequences?: boolean | undefined;
  /**
   * true: reads each sequence from its end, and puts out in that order: with returnSequences step T - 1 first, as in
   * Keras. A model with such a layer has no stream. Default false.
   */
  goBackwards?: boolean | undefined;
  /**
   * true: apply gives [output, h, c], or [output, h] of a cell without c, as in Keras: the state after the last
   * step that is not masked, [H] each. Default false.
   */
  returnState?: boolean | undefined;
  /**
   * true: sample i of a batch begins in the states in which sample i of the batch before ended, as in Keras, in
   * training, predict and evaluate, until resetStates; see docs/long-sequences.md. Default false.
   */
  stateful?: boolean | undefined;
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** How the weights of the input begin. Default 'glorotUniform'. */
  kernelInitializer?: Initializer | undefined;
  /** How the weights of the state begin. Default 'orthogonal'. */
  recurrentInitializer?: Initializer | undefined;
  /** How the bias begins, where there is one; not orthogonal or identity, which are for matrices. Default 'zeros'. */
  biasInitializer?: Initializer | undefined;
  /** A penalty on the weights of the input. Default: none. */
  kernelRegularizer?: Regularizer | undefined;
  /** A penalty on the weights of the state, `recurrentKernel` alone. Default: none. */
  recurrentRegularizer?: Regularizer | undefined;
  /** A penalty on the bias, where there is one; not orthogonal, which is for matrices. Default: none. */
  biasRegularizer?: Regularizer | undefined;
  /** What the weights of the input keep to after each step. Default: nothing. */
  kernelConstraint?: Constraint | undefined;
  /** What the weights of the state, `recurrentKernel` alone, keep to after each step. Default: nothing. */
  recurrentConstraint?: Constraint | undefined;
  /** What the bias keeps to after each step, where there is one. Default: nothing. */
  biasConstraint?: Constraint | undefined;
  /** False: its weights stay as they are. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default: the class, 'lstm', then 'lstm_1' ... */
  name?: string | undefined;
}

export const recurrentRules = {
  units: { ...integerRule(1), required: true },
  returnSequences: { ...booleanRule, otherwise: () => false },
  goBackwards: { ...booleanRule, otherwise: () => false },
  returnState: { ...booleanRule, otherwise: () => false },
  stateful: { ...booleanRule, otherwise: () => false },
  inputShape: inputShapeRule,
  kernelInitializer: { ...initializerRule, otherwise: () => 'glorotUniform' },
  recurrentInitializer: { ...initializerRule, otherwise: () => 'orthogonal' },
  biasInitializer: { ...biasInitializerRule, otherwise: () => 'zeros' },
  kernelRegularizer: regularizerRule,
  recurrentRegularizer: regularizerRule,
  biasRegularizer: biasRegularizerRule,
  activityRegularizer: activityRegularizerRule,
  ...inputDropRules,
  kernelConstraint: constraintRule,
  recurrentConstraint: constraintRule,
  biasConstraint: constraintRule,
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<RecurrentOptions>;

/** The options that decide what a layer computes, once they are settled. */
export interface RecurrentConfig {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly stateful: boolean;
}

/** Of a cell whose state meets a matrix. */
export interface MatrixConfig extends RecurrentConfig {
  readonly kernelInitializer: Initializer;
  readonly recurrentInitializer: Initializer;
  readonly biasInitializer: Initializer;
}

/** A weight of a cell, and how it begins. */
export interface RecurrentWeight extends WeightSpec {
  /** unitUniform: in [0, 1). */
  readonly initializer: Initializer | 'unitUniform';
  /** Of a bias: from where on so many numbers as there are units begin at 1. */
  readonly ones?: number | undefined;
}

/** What sets the nodes of one cell apart from those of another one. */
export interface RecurrentDesign {
  /** kernel, recurrentKernel where there is one, bias ... */
  readonly weights: readonly RecurrentWeight[];
  /** What it remembers: 'h' and, where it has one, 'c'. */
  readonly state: readonly string[];
  /** Columns of h. Default: as many as there are units. */
  readonly outputs?: number | undefined;
  /** Vectors of H numbers in a row of c. Default: one for each state beside h. */
  readonly beside?: number | undefined;
  /** Units are padded to a multiple of so many in rows of the state. Default: a vector. */
  readonly group?: number | undefined;
}

/** A node whose kernels keep rows [x | h], one a sample and time step. */
export abstract class RecurrentNode extends LayerNode {
  override readonly weights: readonly WeightSpec[];
  override readonly initializerFloats: number;
  override readonly state: readonly StateSpec[];
  /** Features of the input. */
  protected readonly I: number;
  /** Units. */
  protected readonly H: number;
  protected readonly sequences: boolean;
  /** Floats of one row of xh, and the column at which h begins. */
  protected readonly xhStride: number;
  protected readonly hColumn: number;
  readonly #weights: readonly RecurrentWeight[];
  /** The states that go in, come out, and their gradients. */
  protected readonly passing: PassingStates;

  constructor(
    config: RecurrentConfig,
    design: RecurrentDesign,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    const { kernels } = this;
    const H = config.units;
    const { weights, state, group = 1, outputs: columns = H, beside = state.length - 1 } = design;
    const width = (n: number) => padded(kernels, Math.ceil(n / group) * group);
    this.I = inputs[0].features;
    this.H = H;
    this.sequences = config.returnSequences;
    this.hColumn = padded(kernels, this.I);
    this.xhStride = this.hColumn + width(columns);
    this.state = state.map((name, i) => ({ name, features: i === 0 ? columns : H }));
    this.#weights = weights;
    const rows = { h: width(columns), one: width(H), others: beside * width(H) };
    this.passing = new PassingStates(this, kernels, rows, config.stateful);
    this.weights = weights.map(({ name, shape }) => ({ name, shape }));
    this.initializerFloats = Math.max(
      ...weights.map(({ initializer, shape }) =>
        initializer === 'unitUniform' ? 0 : initializerScratch(kernels, initializer, shape),
      ),
    );
  }

  override get carriers(): readonly Carrier[] {
    return [this.passing];
  }

  override bind(buffers: Buffers): void {
    super.bind(buffers);
    this.passing.bind(this.stateViews(), buffers.regions.at(-1) ?? 0);
  }

  /** What training keeps for the gradients of states: the last region. */
  protected stateGradients(B: number): Demand {
    return { name: 'gradients of states', floats: this.passing.floats(B), keeps: 'step' };
  }

  /**
   * Where weights stand whose blocks are one of tiles, `columns` wide, and one of biases: a tile
   * holds its rows of kernel, then those of recurrentKernel.
   */
  protected tileSpans(weightFloats: number, biasFloats: number, columns: number): Span[] {
    const kernelFloats = columns * this.hColumn;
    const stride = columns * this.xhStride;
    const tile = { runs: weightFloats / stride, stride, decay: true };
    return [
      { name: 'kernel', offset: 0, length: kernelFloats, ...tile },
      { name: 'recurrentKernel', offset: kernelFloats, length: stride - kernelFloats, ...tile },
      stretch('bias', weightFloats, biasFloats, false),
    ];
  }

  /** The kernel gathers whole time steps of up to 128 rows, so a smaller batch can want more. */
  protected mostOf(B: number, floats: (B: number) => number): number {
    let most = floats(B);
    for (let b = Math.min(B, 256); b > 0; b--) most = Math.max(most, floats(b));
    return most;
  }

  /** Lengths go on with a sequence, and end where it does. */
  protected handLengthsOn(): void {
    this.outputs[0].lengths = this.sequences ? this.inputs[0].lengths : 0;
  }

  /** After a forward pass in training: h of step t stands in step t + 1 of xh. */
  protected outputInRows(xh: number, B: number, T: number): void {
    const [output] = this.outputs;
    const firstStep = this.sequences ? 1 : T;
    output.pointer = xh + 4 * (firstStep * B * this.xhStride + this.hColumn);
    output.stride = this.xhStride;
  }

  /** After inference: outputs stand by themselves. */
  protected outputAlone(h: number): void {
    const [output] = this.outputs;
    output.pointer = h;
    output.stride = this.xhStride - this.hColumn;
  }

  /** Of regions xh and, where the cell has one, c, in the order of `state`. */
  override stateViews(): readonly View[] {
    const [xh, c] = this.buffers.regions;
    const h = { pointer: xh + 4 * this.hColumn, stride: this.xhStride, lengths: 0 };
    if (this.state.length === 1) return [h];
    return [h, { pointer: c, stride: this.xhStride - this.hColumn, lengths: 0 }];
  }

  /** Floats of the outputs that inference keeps. */
  protected outputFloats(B: number, T: number): number {
    return (this.sequences ? T : 1) * B * (this.xhStride - this.hColumn);
  }

  /** Draws the weights, a stream each. */
  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    const { kernels, H } = this;
    const { lo, hi } = seed;
    this.#weights.forEach(({ initializer, shape, ones }, i) => {
      const to = weights[i];
      const stream = firstStream + i;
      const draw = (part: Shape, at: number, from: number) =>
        initializeWeight(
          kernels,
          initializer as Initializer,
          part,
          at,
          scratch,
          seed,
          from,
          streamHigh,
        );
      if (initializer === 'unitUniform') {
        kernels.randomUniform(floatsOf(shape), to, 0, 1, lo, hi, stream, streamHigh);
      } else if (ones === undefined) draw(shape, to, stream);
      else {
        // as Keras: what stands before the ones and what stands behind them are drawn apart, with fans of their own
        const behind = ones + H;
        if (ones > 0) draw([ones], to, stream);
        kernels.fill(H, to + 4 * ones, 1);
        const rest = floatsOf(shape) - behind;
        if (rest > 0) draw([rest], to + 4 * behind, stream + BEHIND);
      }
    });
  }
}

/** Streams of what stands behind the ones of a bias: beyond those of any weights. */
const BEHIND = 2 ** 31;

/** The weights of a cell with so many gates. @param bias its shape; undefined: none @param ones see RecurrentWeight */
export function gateWeights(
  config: MatrixConfig,
  I: number,
  gates: number,
  bias: Shape | undefined,
  ones?: number,
): RecurrentWeight[] {
  const { units: H, kernelInitializer, recurrentInitializer, biasInitializer } = config;
  const columns = gates * H;
  const weights: RecurrentWeight[] = [
    { name: 'kernel', shape: [I, columns], initializer: kernelInitializer },
    { name: 'recurrentKernel', shape: [H, columns], initializer: recurrentInitializer },
  ];
  if (bias) weights.push({ name: 'bias', shape: bias, initializer: biasInitializer, ones });
  return weights;
}
