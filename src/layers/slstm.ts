import { SluiceError } from '../errors.js';
import {
  booleanRule,
  choiceRule,
  integerRule,
  type Rules,
  type Settled,
  settle,
} from '../rules.js';
import { directed } from './backwards.js';
import { CellNode } from './cell.js';
import { checkBias } from './check-bias.js';
import { type StateDropOptions, stateDropRules } from './drop-options.js';
import { Layer } from './layer.js';
import type { Context } from './node.js';
import { recurrentOutputs } from './passing-states.js';
import type { Port } from './port.js';
import { type RecurrentOptions, type RecurrentWeight, recurrentRules } from './recurrent.js';

/** Options of layers.slstm. */
export interface SlstmOptions extends RecurrentOptions, StateDropOptions {
  /** Blocks of the recurrent matrix, from 1 to 1023: a unit sees those of its head alone. It divides `units`. Default 1. */
  numHeads?: number | undefined;
  /** Of the forget gate. 'exponential' is the other one of the paper. Default 'sigmoid'. */
  forgetActivation?: 'sigmoid' | 'exponential' | undefined;
  /** Starts the forget gate's bias at 1. Default true. */
  unitForgetBias?: boolean | undefined;
  /** false: no bias. Default true. */
  useBias?: boolean | undefined;
}

const rules = {
  ...recurrentRules,
  ...stateDropRules,
  numHeads: { ...integerRule(1, 1023), otherwise: () => 1 },
  forgetActivation: {
    ...choiceRule<'sigmoid' | 'exponential'>(['sigmoid', 'exponential']),
    otherwise: () => 'sigmoid',
  },
  unitForgetBias: { ...booleanRule, otherwise: () => true },
  useBias: { ...booleanRule, otherwise: () => true },
} satisfies Rules<SlstmOptions>;

type Config = Omit<Settled<SlstmOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * sLSTM, the scalar memory of xLSTM (Beck et al. 2024, arXiv 2405.04517): exponential gates, a normalizer n, and a
 * stabilizer m. Input [n, T, I], output [n, H] or [n, T, H]. Weights: kernel [I, 4H], recurrentKernel
 * [H / numHeads, 4H], bias [4H], gates i, f, z, o; a column of recurrentKernel meets the units of its own head. A stream
 * carries h, c, n, m.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function slstm(options: SlstmOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.slstm', options, rules);
  checkBias('layers.slstm', config);
  const { units, numHeads } = config;
  if (units % numHeads !== 0) {
    throw new SluiceError(
      'bad-option',
      `layers.slstm: numHeads must divide units, but is ${numHeads}, and units ${units}: take ${units - (units % numHeads) || numHeads} units, or another number of heads`,
    );
  }
  return new Layer({
    className: 'SLSTM',
    name,
    inputShape,
    trainable,
    config,
    states: STATES,
    givesStates: config.returnState,
    outputs: (inputs, label) => recurrentOutputs(config, 'an SLSTM', STATES, inputs, label),
    connect: (inputs, outputs, context) =>
      directed(config, new SlstmNode(config, inputs, outputs, context), context),
  });
}

const STATES = ['h', 'c', 'n', 'm'];

/** Gates i, f, z, o. */
const GATES = 4;

class SlstmNode extends CellNode {
  readonly className = 'SLSTM';

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    const { units: H, numHeads: heads, useBias, unitForgetBias, forgetActivation } = config;
    const { kernelInitializer, recurrentInitializer, biasInitializer } = config;
    const columns = GATES * H;
    const I = inputs[0].features;
    const weights: RecurrentWeight[] = [
      { name: 'kernel', shape: [I, columns], initializer: kernelInitializer },
      { name: 'recurrentKernel', shape: [H / heads, columns], initializer: recurrentInitializer },
    ];
    const ones = unitForgetBias ? H : undefined;
    if (useBias) {
      weights.push({ name: 'bias', shape: [columns], initializer: biasInitializer, ones });
    }
    const expForget = forgetActivation === 'exponential';
    const kind = { cell: 'slstm', activation: 'tanh', heads, expForget, useBias } as const;
    super(config, kind, GATES, weights, inputs, outputs, context);
  }
}
