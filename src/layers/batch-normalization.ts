import { SluiceError } from '../errors.js';
import { type Rules, type Settled, settle } from '../rules.js';
import { biasInitializerRule, type Initializer, lowestDrawn } from './initializer.js';
import { Layer } from './layer.js';
import type { Context, Demands, Extent, Pass } from './node.js';
import {
  checkFactors,
  factorAndOffset,
  NormalizationNode,
  type NormalizationOptions,
  normalizationRules,
} from './normalization.js';
import { floatPort, type Port } from './port.js';

/** Options of layers.batchNormalization. */
export interface BatchNormalizationOptions extends NormalizationOptions {
  /** What the moving mean and variance keep of themselves in a step: a number from 0 up to 1. Default 0.99. */
  momentum?: number | undefined;
  /** How the moving mean begins; not orthogonal or identity. Default 'zeros'. */
  movingMeanInitializer?: Initializer | undefined;
  /** How the moving variance begins, likewise; one that may draw numbers below 0 is refused. Default 'ones'. */
  movingVarianceInitializer?: Initializer | undefined;
}

const rules = {
  ...normalizationRules,
  momentum: {
    expected: 'a number from 0 to 1',
    holds: (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1,
    otherwise: () => 0.99,
  },
  movingMeanInitializer: { ...biasInitializerRule, otherwise: (): Initializer => 'zeros' },
  movingVarianceInitializer: {
    ...biasInitializerRule,
    kept: variance,
    otherwise: (): Initializer => 'ones',
  },
} satisfies Rules<BatchNormalizationOptions>;

/** Its root is taken: one below 0 has none. */
function variance(value: unknown, subject: string): Initializer {
  const kept = biasInitializerRule.kept(value, subject);
  const lowest = lowestDrawn(kept);
  if (lowest >= 0) return kept;
  const name = typeof kept === 'string' ? `'${kept}'` : kept.className;
  throw new SluiceError(
    'bad-option',
    `${subject} must draw no number below 0, for a variance is never less, but ${name} ` +
      `${lowest === -Infinity ? 'draws on both sides of 0' : `goes down to ${Math.fround(lowest)}`}; take 'ones', ` +
      'initializers.constant, or initializers.randomUniform from 0 up',
  );
}

type Config = Omit<
  Settled<BatchNormalizationOptions, typeof rules>,
  'inputShape' | 'trainable' | 'name'
>;

/**
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta, as BatchNormalization of Keras over its last axis: in
 * training the mean and variance of each feature over the samples of the batch and their time steps that are not masked, in
 * inference, and where it is frozen, moving ones. Masks pass through. Input [n, F] or [n, T, F], output alike. Weights:
 * gamma [F] unless scale is false, beta [F] unless center is false, moving_mean [F], moving_variance [F].
 * Source: Ioffe and Szegedy 2015 (arXiv 1502.03167).
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  const subject = 'layers.batchNormalization';
  const { inputShape, trainable, name, ...config } = settle(subject, options, rules);
  checkFactors(subject, config);
  return new Layer({
    className: 'BatchNormalization',
    name,
    inputShape,
    trainable,
    config,
    outputs: ([input], label) => [floatPort(label, input)],
    connect: (inputs, outputs, context) =>
      new BatchNormalizationNode(config, inputs, outputs, context),
  });
}

class BatchNormalizationNode extends NormalizationNode {
  readonly className = 'BatchNormalization';
  override readonly statistics = 2;
  readonly #epsilon: number;
  readonly #momentum: number;
  /** Rows that the mean and variance of this pass are of; 0: they are the moving ones. */
  #count = 0;

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    const moving = [
      { name: 'moving_mean', initializer: config.movingMeanInitializer },
      { name: 'moving_variance', initializer: config.movingVarianceInitializer },
    ];
    super(factorAndOffset(config), inputs, outputs, context, moving);
    this.#epsilon = config.epsilon;
    this.#momentum = config.momentum;
  }

  demands(extent: Extent, training: boolean): Demands {
    const { columns } = this;
    const scratch = training ? this.kernels.batchNormScratchFloats(this.features) : 0;
    return {
      regions: [
        { name: 'y', floats: this.rows(extent) * columns, keeps: 'output' },
        { name: 'inverse', floats: columns, keeps: 'step' },
        // mean and variance of the batch
        { name: 'moments', floats: training ? 2 * columns : 0, keeps: 'update' },
      ],
      forwardScratch: scratch,
      backwardScratch: scratch,
    };
  }

  /** Time steps, samples and the mask of a pass: of what is no sequence a step. */
  #over({ B, steps }: Extent) {
    const { sequence } = this.inputPorts[0];
    return [B, sequence ? steps[0] : 1, sequence ? this.inputs[0].lengths : 0] as const;
  }

  /** Where the mean and the variance of this pass stand. */
  get #moments(): readonly [mean: number, variance: number] {
    const { blocks, regions } = this.buffers;
    const [, , now] = regions;
    if (this.#batchwise) return [now, now + 4 * this.columns];
    return [this.place(blocks, 'moving_mean'), this.place(blocks, 'moving_variance')];
  }

  /** Of a pass in training; a frozen layer has no place for gradients. */
  #batchwise = false;

  forward(extent: Extent, { training }: Pass): void {
    const { kernels, features } = this;
    const { blocks, gradients, regions, forwardScratch } = this.buffers;
    const [{ pointer, stride, lengths }] = this.inputs;
    const [output] = this.outputs;
    output.pointer = regions[0];
    output.lengths = lengths;
    this.#batchwise = training && gradients.length > 0;
    const [mean, variance] = this.#moments;
    this.#count = 0;
    if (this.#batchwise) {
      const [B, T, mask] = this.#over(extent);
      const given = [B, T, features, pointer, stride, mask] as const;
      this.#count = kernels.batchNormMoments(...given, mean, variance, forwardScratch);
    }
    kernels.batchNormForward(
      this.rows(extent),
      features,
      pointer,
      stride,
      mean,
      variance,
      this.place(blocks, 'gamma'),
      this.place(blocks, 'beta'),
      this.#epsilon,
      regions[1],
      output.pointer,
      output.stride,
    );
  }

  backward(extent: Extent): void {
    const { blocks, gradients, regions, backwardScratch } = this.buffers;
    const [x] = this.inputs;
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    const [B, T, mask] = this.#over(extent);
    const [mean] = this.#moments;
    this.kernels.batchNormBackward(
      B,
      T,
      this.features,
      x.pointer,
      x.stride,
      mask,
      this.#count,
      mean,
      regions[1],
      this.place(blocks, 'gamma'),
      dY.pointer,
      dY.stride,
      dX.pointer,
      dX.stride,
      this.place(gradients, 'gamma'),
      this.place(gradients, 'beta'),
      backwardScratch,
    );
  }

  override statisticsAreFinite(): boolean {
    if (!this.#batchwise) return true;
    const [mean] = this.#moments;
    return this.kernels.largestMagnitude(2 * this.columns, mean) < Number.POSITIVE_INFINITY;
  }

  override moveStatistics(): void {
    if (!this.#batchwise) return;
    const { kernels, columns } = this;
    const { blocks } = this.buffers;
    const [mean, variance] = this.#moments;
    kernels.moveAverage(columns, this.#momentum, mean, this.place(blocks, 'moving_mean'));
    kernels.moveAverage(columns, this.#momentum, variance, this.place(blocks, 'moving_variance'));
  }
}
