// minGRU and minLSTM: gates see the input alone, so that only what is done unit by unit goes step by step.
import { booleanRule, choiceRule, type Rules, type Settled, settle } from '../rules.js';
import { directed } from './backwards.js';
import { CellNode } from './cell.js';
import { checkBias } from './check-bias.js';
import { refuseMatrixDrops, type ZoneoutOptions, zoneoutRules } from './drop-options.js';
import { Layer } from './layer.js';
import type { Context } from './node.js';
import { recurrentOutputs } from './passing-states.js';
import type { Port } from './port.js';
import { type RecurrentOptions, type RecurrentWeight, recurrentRules } from './recurrent.js';

/** Options of layers.minGRU and layers.minLSTM. */
export interface MinRnnOptions
  extends ZoneoutOptions,
    Omit<
      RecurrentOptions,
      'recurrentInitializer' | 'recurrentRegularizer' | 'recurrentConstraint'
    > {
  /**
   * Of the candidate. 'linear', the default; 'positive': x + 0.5 from 0 on and sigmoid(x) below, the g of the
   * paper's version in log space, for which the state stays positive; 'tanh'.
   */
  activation?: 'linear' | 'positive' | 'tanh' | undefined;
  /** false: no bias. Default true. */
  useBias?: boolean | undefined;
}

const {
  recurrentInitializer: _,
  recurrentRegularizer: __,
  recurrentConstraint: ___,
  ...shared
} = recurrentRules;
const rules = {
  ...shared,
  ...zoneoutRules,
  activation: {
    ...choiceRule<'linear' | 'positive' | 'tanh'>(['linear', 'positive', 'tanh']),
    otherwise: () => 'linear',
  },
  useBias: { ...booleanRule, otherwise: () => true },
} satisfies Rules<MinRnnOptions>;

type Config = Omit<Settled<MinRnnOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

const KINDS = {
  minGRU: { className: 'MinGRU', gates: 2, what: 'a MinGRU' },
  minLSTM: { className: 'MinLSTM', gates: 3, what: 'a MinLSTM' },
} as const;

/**
 * minGRU (Feng et al. 2024, arXiv 2410.01201): z = sigmoid(x W_z + b_z), n = activation(x W_n + b_n), h_t = (1 - z) h_(t-1)
 * + z n. Input [n, T, I], output [n, H] or [n, T, H]. Weights: kernel [I, 2H], bias [2H]; gates z, n.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export const minGRU = (options: MinRnnOptions): Layer => minRnn('minGRU', options);

/**
 * minLSTM (the same paper): f, i = sigmoid(x W + b), n = activation(x W_n + b_n), h_t = (f h_(t-1) + i n) / (f + i). Input
 * [n, T, I], output [n, H] or [n, T, H]. Weights: kernel [I, 3H], bias [3H]; gates f, i, n.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export const minLSTM = (options: MinRnnOptions): Layer => minRnn('minLSTM', options);

function minRnn(cell: keyof typeof KINDS, options: MinRnnOptions): Layer {
  const { className, what } = KINDS[cell];
  refuseMatrixDrops(`layers.${cell}`, what, 'its gates see the input alone', options);
  const { inputShape, trainable, name, ...config } = settle(`layers.${cell}`, options, rules);
  checkBias(`layers.${cell}`, config);
  return new Layer({
    className,
    name,
    inputShape,
    trainable,
    config,
    states: ['h'],
    givesStates: config.returnState,
    outputs: (inputs, label) => recurrentOutputs(config, what, ['h'], inputs, label),
    connect: (inputs, outputs, context) =>
      directed(config, new MinRnnNode(cell, config, inputs, outputs, context), context),
  });
}

class MinRnnNode extends CellNode {
  readonly className: string;

  constructor(
    cell: keyof typeof KINDS,
    config: Config,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    const { activation, useBias, units, kernelInitializer, biasInitializer } = config;
    const { gates, className } = KINDS[cell];
    const columns = gates * units;
    const weights: RecurrentWeight[] = [
      { name: 'kernel', shape: [inputs[0].features, columns], initializer: kernelInitializer },
    ];
    if (useBias) weights.push({ name: 'bias', shape: [columns], initializer: biasInitializer });
    super(config, { cell, activation, useBias }, gates, weights, inputs, outputs, context);
    this.className = className;
  }
}
