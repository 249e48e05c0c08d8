import { choiceRule } from '../rules.js';

/** What a layer does to its sums; softmax over the last axis. */
export type Activation = 'linear' | 'tanh' | 'sigmoid' | 'relu' | 'softmax';

export const activationRule = choiceRule<Activation>([
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'softmax',
]);
