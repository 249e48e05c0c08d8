import { booleanRule, type Rules, type Settled, settle } from '../rules.js';
import { directed } from './backwards.js';
import { CellNode } from './cell.js';
import { type CellActivation, cellActivationRule } from './cell-kind.js';
import { checkBias } from './check-bias.js';
import { type StateDropOptions, stateDropRules } from './drop-options.js';
import { Layer } from './layer.js';
import type { Context } from './node.js';
import { recurrentOutputs } from './passing-states.js';
import type { Port } from './port.js';
import { gateWeights, type RecurrentOptions, recurrentRules } from './recurrent.js';

/** Options of layers.simpleRNN, named as in Keras. */
export interface SimpleRnnOptions extends RecurrentOptions, StateDropOptions {
  /** Default 'tanh'. */
  activation?: CellActivation | undefined;
  /** false: no bias. Default true. */
  useBias?: boolean | undefined;
}

const rules = {
  ...recurrentRules,
  ...stateDropRules,
  activation: { ...cellActivationRule, otherwise: () => 'tanh' },
  useBias: { ...booleanRule, otherwise: () => true },
} satisfies Rules<SimpleRnnOptions>;

type Config = Omit<Settled<SimpleRnnOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * Elman's network (1990), Keras' SimpleRNN: h_t = activation(x_t W + h_(t-1) U + b). Input [n, T, I], output [n, H]
 * or [n, T, H]. Weights: kernel [I, H], recurrentKernel [H, H], bias [H].
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function simpleRNN(options: SimpleRnnOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.simpleRNN', options, rules);
  checkBias('layers.simpleRNN', config);
  return new Layer({
    className: 'SimpleRNN',
    name,
    inputShape,
    trainable,
    config,
    states: ['h'],
    givesStates: config.returnState,
    outputs: (inputs, label) => recurrentOutputs(config, 'a SimpleRNN', ['h'], inputs, label),
    connect: (inputs, outputs, context) =>
      directed(config, new SimpleRnnNode(config, inputs, outputs, context), context),
  });
}

class SimpleRnnNode extends CellNode {
  readonly className = 'SimpleRNN';

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    const { activation, useBias, units } = config;
    const bias = useBias ? [units] : undefined;
    const weights = gateWeights(config, inputs[0].features, 1, bias);
    super(config, { cell: 'rnn', activation, useBias }, 1, weights, inputs, outputs, context);
  }
}
