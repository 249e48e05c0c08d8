// What normalizations have in common: a factor and an offset for each feature, and the options about them.
import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import type { SeedWords } from '../random.js';
import { booleanRule, nameRule, type Rules, type Settled } from '../rules.js';
import { type Constraint, constraintRule } from './constraint.js';
import { initializeWeight } from './initialize.js';
import { biasInitializerRule, type Initializer } from './initializer.js';
import { type Context, type Extent, LayerNode, type WeightSpec } from './node.js';
import { inputShapeRule, type Port, rowsOf, type Shape } from './port.js';
import { biasRegularizerRule, type Regularizer } from './regularizer.js';

/** What the options of all normalizations have in common. */
export interface NormalizationOptions {
  /** Added to each variance: a finite number above 0. Default 0.001. */
  epsilon?: number | undefined;
  /** Whether an offset is added, the weight beta. Default true. */
  center?: boolean | undefined;
  /** Whether a factor is applied, the weight gamma. Default true. */
  scale?: boolean | undefined;
  /** How gamma begins; not orthogonal or identity, which are for matrices. Default 'ones'. */
  gammaInitializer?: Initializer | undefined;
  /** How beta begins, likewise. Default 'zeros'. */
  betaInitializer?: Initializer | undefined;
  /** A penalty on gamma; not orthogonal, which is for matrices. Default: none. */
  gammaRegularizer?: Regularizer | undefined;
  /** A penalty on beta, likewise. Default: none. */
  betaRegularizer?: Regularizer | undefined;
  /** What gamma keeps to after each step. Default: nothing. */
  gammaConstraint?: Constraint | undefined;
  /** What beta keeps to after each step. Default: nothing. */
  betaConstraint?: Constraint | undefined;
  /**
   * [features] or [timesteps, features], for the first layer alone. Default: settled by the first
   * x.
   */
  inputShape?: Shape | undefined;
  /** False: its weights stay as they are. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default: the class, such as 'layer_normalization', then with '_1' ... */
  name?: string | undefined;
}

export const normalizationRules = {
  epsilon: {
    expected: 'a finite number above 0, as float32 too',
    holds: (value: unknown) =>
      typeof value === 'number' && Math.fround(value) > 0 && Number.isFinite(Math.fround(value)),
    otherwise: () => 1e-3,
  },
  center: { ...booleanRule, otherwise: () => true },
  scale: { ...booleanRule, otherwise: () => true },
  gammaInitializer: { ...biasInitializerRule, otherwise: (): Initializer => 'ones' },
  betaInitializer: { ...biasInitializerRule, otherwise: (): Initializer => 'zeros' },
  gammaRegularizer: biasRegularizerRule,
  betaRegularizer: biasRegularizerRule,
  gammaConstraint: constraintRule,
  betaConstraint: constraintRule,
  inputShape: inputShapeRule,
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<NormalizationOptions>;

/** What decides what a normalization computes, once it is settled. */
export type NormalizationConfig = Omit<
  Settled<NormalizationOptions, typeof normalizationRules>,
  'inputShape' | 'trainable' | 'name'
>;

/** @throws SluiceError 'bad-option' for what is said of a weight that there is not */
export function checkFactors(subject: string, config: NormalizationConfig): void {
  const { scale, center, gammaInitializer, betaInitializer } = config;
  const { gammaRegularizer, betaRegularizer, gammaConstraint, betaConstraint } = config;
  const absent = (option: string, given: unknown, says: string, without: string): void => {
    if (given === undefined) return;
    throw new SluiceError(
      'bad-option',
      `${subject}: ${option} ${says}, but ${without}: false leaves none; leave one of them out`,
    );
  };
  if (!scale) {
    const initializer = gammaInitializer === 'ones' ? undefined : gammaInitializer;
    absent('gammaInitializer', initializer, 'says how gamma begins', 'scale');
    absent('gammaRegularizer', gammaRegularizer, 'is a penalty on gamma', 'scale');
    absent('gammaConstraint', gammaConstraint, 'is what gamma keeps to', 'scale');
  }
  if (!center) {
    const initializer = betaInitializer === 'zeros' ? undefined : betaInitializer;
    absent('betaInitializer', initializer, 'says how beta begins', 'center');
    absent('betaRegularizer', betaRegularizer, 'is a penalty on beta', 'center');
    absent('betaConstraint', betaConstraint, 'is what beta keeps to', 'center');
  }
}

/** A vector of as many numbers as there are features, one a block. */
export interface FeatureWeight {
  readonly name: string;
  readonly initializer: Initializer;
}

/** gamma and beta, where they are. */
export const factorAndOffset = (config: NormalizationConfig): FeatureWeight[] => [
  ...(config.scale ? [{ name: 'gamma', initializer: config.gammaInitializer }] : []),
  ...(config.center ? [{ name: 'beta', initializer: config.betaInitializer }] : []),
];

export abstract class NormalizationNode extends LayerNode {
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  protected readonly features: number;
  protected readonly columns: number;
  readonly #given: readonly FeatureWeight[];

  constructor(
    given: readonly FeatureWeight[],
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
    statistics: readonly FeatureWeight[] = [],
  ) {
    super(inputs, outputs, context);
    const [{ features }] = inputs;
    const columns = padded(this.kernels, features);
    const all = [...given, ...statistics];
    this.#given = all;
    this.features = features;
    this.columns = columns;
    this.weights = all.map(({ name }) => ({ name, shape: [features] }));
    this.blockFloats = all.map(() => columns);
    this.spans = given.map(({ name }, i) => stretch(name, i * columns, columns, false));
    this.outputs[0].stride = columns;
  }

  protected rows({ B, steps }: Extent): number {
    return rowsOf(this.inputPorts[0], B, steps[0]);
  }

  /** Of the blocks or of their gradients: the address of a weight; 0 where there is none. */
  protected place(blocks: readonly number[], name: string): number {
    return blocks[this.#given.findIndex((one) => one.name === name)] ?? 0;
  }

  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    this.#given.forEach(({ initializer }, i) => {
      const shape = [this.features];
      const [to, stream] = [weights[i], firstStream + i];
      initializeWeight(this.kernels, initializer, shape, to, scratch, seed, stream, streamHigh);
    });
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    const { features: C, columns } = this;
    weights.forEach((from, i) => {
      this.kernels.copyColumns(1, C, columns - C, from, C, blocks[i], columns);
    });
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    const { features: C, columns } = this;
    weights.forEach((to, i) => {
      this.kernels.copyColumns(1, C, 0, blocks[i], columns, to, C);
    });
  }
}
