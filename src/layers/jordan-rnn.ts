import { booleanRule, integerRule, type Rules, type Settled, settle } from '../rules.js';
import { directed } from './backwards.js';
import { CellNode } from './cell.js';
import { type CellActivation, cellActivationRule, MOST_PROJECTED } from './cell-kind.js';
import { checkBias } from './check-bias.js';
import { type StateDropOptions, stateDropRules } from './drop-options.js';
import { Layer } from './layer.js';
import type { Context } from './node.js';
import { recurrentOutputs } from './passing-states.js';
import type { Port } from './port.js';
import { type RecurrentOptions, type RecurrentWeight, recurrentRules } from './recurrent.js';

/** Options of layers.jordanRNN. */
export interface JordanRnnOptions extends RecurrentOptions, StateDropOptions {
  /** P, the size of the output, which is the state: an integer from 1 to 4095. Required. */
  units: number;
  /** H, the units between input and output. Default: `units`. */
  hiddenUnits?: number | undefined;
  /** Of the hidden units. Default 'tanh'. */
  activation?: CellActivation | undefined;
  /** Of the output. Default 'tanh'. */
  outputActivation?: CellActivation | undefined;
  /** false: no biases. Default true. */
  useBias?: boolean | undefined;
}

const rules = {
  ...recurrentRules,
  ...stateDropRules,
  units: { ...integerRule(1, MOST_PROJECTED), required: true },
  hiddenUnits: integerRule(1),
  activation: { ...cellActivationRule, otherwise: () => 'tanh' },
  outputActivation: { ...cellActivationRule, otherwise: () => 'tanh' },
  useBias: { ...booleanRule, otherwise: () => true },
} satisfies Rules<JordanRnnOptions>;

type Config = Omit<Settled<JordanRnnOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * Jordan's network (1986), whose output is what the next step sees: h_t = activation(x_t W + y_(t-1) U + b), y_t =
 * outputActivation(h_t V + d), y_0 = 0. Input [n, T, I], output y [n, P] or [n, T, P]. Weights: kernel [I, H] (W),
 * recurrentKernel [P, H] (U), bias [H] (b), outputKernel [H, P] (V), outputBias [P] (d). A stream carries y.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function jordanRNN(options: JordanRnnOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.jordanRNN', options, rules);
  checkBias('layers.jordanRNN', config);
  return new Layer({
    className: 'JordanRNN',
    name,
    inputShape,
    trainable,
    config,
    states: ['y'],
    givesStates: config.returnState,
    outputs: (inputs, label) => recurrentOutputs(config, 'a JordanRNN', ['y'], inputs, label),
    connect: (inputs, outputs, context) =>
      directed(config, new JordanRnnNode(config, inputs, outputs, context), context),
  });
}

class JordanRnnNode extends CellNode {
  readonly className = 'JordanRNN';

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    const { units: P, hiddenUnits: H = P, activation, outputActivation: output, useBias } = config;
    const { kernelInitializer, recurrentInitializer, biasInitializer } = config;
    const weights: RecurrentWeight[] = [
      { name: 'kernel', shape: [inputs[0].features, H], initializer: kernelInitializer },
      { name: 'recurrentKernel', shape: [P, H], initializer: recurrentInitializer },
    ];
    if (useBias) weights.push({ name: 'bias', shape: [H], initializer: biasInitializer });
    weights.push({ name: 'outputKernel', shape: [H, P], initializer: kernelInitializer });
    if (useBias) weights.push({ name: 'outputBias', shape: [P], initializer: biasInitializer });
    const kind = { cell: 'rnn', activation, output, projection: P, useBias } as const;
    super({ ...config, units: H }, kind, 1, weights, inputs, outputs, context);
  }
}
