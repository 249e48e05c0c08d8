import { booleanRule, type Rules, type Settled, settle } from '../rules.js';
import { directed } from './backwards.js';
import { CellNode } from './cell.js';
import { type CellActivation, cellActivationRule } from './cell-kind.js';
import { checkBias } from './check-bias.js';
import { refuseMatrixDrops, type ZoneoutOptions, zoneoutRules } from './drop-options.js';
import { type Initializer, initializerOr } from './initializer.js';
import { Layer } from './layer.js';
import type { Context } from './node.js';
import { recurrentOutputs } from './passing-states.js';
import type { Port } from './port.js';
import { type RecurrentOptions, type RecurrentWeight, recurrentRules } from './recurrent.js';

/** Options of layers.indRNN. */
export interface IndRnnOptions
  extends ZoneoutOptions,
    Omit<RecurrentOptions, 'recurrentInitializer'> {
  /** How u begins. 'unitUniform', the default: in [0, 1), so that units remember for different times. */
  recurrentInitializer?: Initializer | 'unitUniform' | undefined;
  /** Default 'relu', as in the paper. */
  activation?: CellActivation | undefined;
  /** false: no bias. Default true. */
  useBias?: boolean | undefined;
}

const rules = {
  ...recurrentRules,
  ...zoneoutRules,
  recurrentInitializer: {
    ...initializerOr('unitUniform'),
    otherwise: () => 'unitUniform',
  },
  activation: { ...cellActivationRule, otherwise: () => 'relu' },
  useBias: { ...booleanRule, otherwise: () => true },
} satisfies Rules<IndRnnOptions>;

type Config = Omit<Settled<IndRnnOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * Independently recurrent network (Li et al. 2018, arXiv 1803.04831): h_t = activation(x_t W + u * h_(t-1) + b), each
 * unit seeing its own state alone. Input [n, T, I], output [n, H] or [n, T, H]. Weights: kernel [I, H],
 * recurrentKernel [1, H] (u), bias [H].
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function indRNN(options: IndRnnOptions): Layer {
  refuseMatrixDrops('layers.indRNN', 'an IndRNN', 'a unit sees its own h alone', options);
  const { inputShape, trainable, name, ...config } = settle('layers.indRNN', options, rules);
  checkBias('layers.indRNN', config);
  return new Layer({
    className: 'IndRNN',
    name,
    inputShape,
    trainable,
    config,
    states: ['h'],
    givesStates: config.returnState,
    outputs: (inputs, label) => recurrentOutputs(config, 'an IndRNN', ['h'], inputs, label),
    connect: (inputs, outputs, context) =>
      directed(config, new IndRnnNode(config, inputs, outputs, context), context),
  });
}

class IndRnnNode extends CellNode {
  readonly className = 'IndRNN';

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    const { activation, useBias, units: H } = config;
    const { kernelInitializer, recurrentInitializer, biasInitializer } = config;
    const weights: RecurrentWeight[] = [
      { name: 'kernel', shape: [inputs[0].features, H], initializer: kernelInitializer },
      { name: 'recurrentKernel', shape: [1, H], initializer: recurrentInitializer },
    ];
    if (useBias) weights.push({ name: 'bias', shape: [H], initializer: biasInitializer });
    const kind = { cell: 'indRNN', activation, useBias } as const;
    super(config, kind, 1, weights, inputs, outputs, context, 'recurrentKernel');
  }
}
