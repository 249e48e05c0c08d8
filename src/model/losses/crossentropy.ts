import { SluiceError } from '../../errors.js';
import { deepFreeze } from '../../frozen.js';
import { checkBoolean, checkKeys, shown } from '../../options.js';
import { type Ending, type Loss, type LossName, type LossPass, passOf } from './loss.js';

/** Options of the cross-entropies. */
export interface CrossentropyOptions {
  /**
   * False (default): the outputs are probabilities, of a last layer dense with activation
   * 'softmax' or 'sigmoid'. True: they are logits, of any layer without a softmax, and the loss
   * applies the softmax; predictions stay logits.
   */
  fromLogits?: boolean | undefined;
}

/**
 * -sum(t log p) over the columns, mean over the rows; targets [n, ...outputShape]. Rows of
 * targets need not sum to 1: one of zeros adds nothing to the loss and moves nothing.
 *
 * A softmax layer is taken together with the loss, so that no logarithm loses digits; a
 * sigmoid's outputs are divided by their sum and kept 1e-7 away from 0 and 1. That is what Keras 3
 * does on JAX and PyTorch, and on TensorFlow where it is handed bare predictions. In the fit and
 * evaluate of a model on TensorFlow it takes another loss over a sigmoid: the softmax of the
 * sigmoid's inputs, which it noted down (for that one, leave the sigmoid out and say fromLogits).
 * @throws SluiceError 'bad-option'
 */
export function categoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  return crossentropy('categoricalCrossentropy', options, false);
}

/**
 * The same for class numbers from 0 to classes - 1, one a row: targets [n] or [n, 1], or
 * [n, T] for an output at each time step. A sigmoid's outputs are kept 1e-7 away from 0 and 1
 * first and divided by their sum afterwards, as Keras 3 does on TensorFlow where it is handed bare
 * predictions; on JAX and PyTorch it divides first, which only differs where an output lies that
 * near to 0 or 1. In the fit and evaluate of a model on TensorFlow it takes the softmax of the
 * sigmoid's inputs instead, as with categoricalCrossentropy.
 * @throws SluiceError 'bad-option'
 */
export function sparseCategoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  return crossentropy('sparseCategoricalCrossentropy', options, true);
}

function crossentropy(name: LossName, options: CrossentropyOptions, sparseTargets: boolean): Loss {
  const subject = `losses.${name}`;
  const { fromLogits = false } = checkKeys(subject, options, ['fromLogits']);
  checkBoolean(subject, 'fromLogits', fromLogits);
  const probabilities = passOf((kernels) =>
    sparseTargets ? kernels.sparseCrossEntropy : kernels.categoricalCrossEntropy,
  );
  return deepFreeze({
    name,
    config: { fromLogits },
    sparseTargets,
    over(ending) {
      const { activation, alone } = ending;
      if (fromLogits) return activation === 'softmax' ? refuse(name, ending) : softmaxPass(false);
      // others who read the output need the probabilities themselves
      if (activation === 'softmax') return alone ? softmaxPass(true) : probabilities;
      return activation === 'sigmoid' ? probabilities : refuse(name, ending);
    },
  });
}

/** Outputs that are logits: the dense layer's own where it leaves its softmax to the loss. */
const softmaxPass = (fusesSoftmax: boolean): LossPass => ({
  fusesSoftmax,
  compute: (kernels, R, N, z, t, gradient, weights) =>
    kernels.softmaxCrossEntropy(
      R,
      N,
      z.pointer,
      z.stride,
      t.pointer,
      t.stride,
      fusesSoftmax ? z.pointer : 0,
      fusesSoftmax ? z.stride : 0,
      gradient?.pointer ?? 0,
      gradient?.stride ?? 0,
      weights,
    ),
});

function refuse(name: LossName, { className, activation, label }: Ending): never {
  const found = `${className} with activation ${shown(activation ?? 'none')}`;
  throw new SluiceError(
    'bad-option',
    activation === 'softmax'
      ? `compile: ${name} with fromLogits: true needs outputs that no softmax made, but ${label} ` +
          `is ${found}; leave out one of the two`
      : `compile: loss '${name}' needs a last layer layers.dense({ activation: 'softmax' }) (or ` +
          `'sigmoid'), but ${label} is ${found}; if its outputs are logits, say ` +
          `losses.${name}({ fromLogits: true })`,
  );
}
