import type { Kernels } from '../engine/kernels.js';
import { choiceRule } from '../rules.js';

/**
 * What a layer does to its sums; softmax over the last axis. hardSigmoid is relu6(x + 3) / 6, as in
 * Keras 3.
 */
export type Activation = 'linear' | 'tanh' | 'sigmoid' | 'relu' | 'softmax' | 'hardSigmoid';

export const activationRule = choiceRule<Activation>([
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'softmax',
  'hardSigmoid',
]);

/** The kernels' number of an activation, read from the module. */
export function activationId(kernels: Kernels, activation: Activation): number {
  const ids: Record<Activation, WebAssembly.Global> = {
    linear: kernels.ACT_LINEAR,
    tanh: kernels.ACT_TANH,
    sigmoid: kernels.ACT_SIGMOID,
    relu: kernels.ACT_RELU,
    softmax: kernels.ACT_SOFTMAX,
    hardSigmoid: kernels.ACT_HARD_SIGMOID,
  };
  return ids[activation].value as number;
}
