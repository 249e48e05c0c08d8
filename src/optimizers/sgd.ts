import { checkBoolean, checkKeys, checkOption } from '../options.js';
import { checkClipNorm, checkFraction, checkPositive, type Optimizer } from './optimizer.js';

export interface SgdOptions {
  learningRate?: number | undefined;
  momentum?: number | undefined;
  /** Looks ahead along the momentum (Sutskever et al. 2013); needs momentum above 0. */
  nesterov?: boolean | undefined;
  /** Largest global norm of the gradients; larger ones are scaled down to it. */
  clipNorm?: number | undefined;
}

/**
 * Stochastic gradient descent, momentum as in Keras: velocity = momentum * velocity -
 * learningRate * g; w += velocity.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const subject = 'optimizers.sgd';
  checkKeys(subject, options, ['learningRate', 'momentum', 'nesterov', 'clipNorm']);
  const learningRate = checkPositive(subject, 'learningRate', options.learningRate ?? 0.01);
  const momentum = checkFraction(subject, 'momentum', options.momentum ?? 0);
  const nesterov = checkBoolean(subject, 'nesterov', options.nesterov ?? false);
  checkOption(
    subject,
    'nesterov',
    nesterov,
    !nesterov || momentum > 0,
    'false while momentum is 0, for it would change nothing',
  );
  const clipNorm = checkClipNorm(subject, options.clipNorm);
  return {
    className: 'SGD',
    config: { learningRate, momentum, nesterov, clipNorm },
    learningRate,
    clipNorm,
    slots: momentum > 0 ? [{ name: 'velocity', signed: true }] : [],
    update(kernels, n, weights, gradients, slots, _step, gradientScale) {
      kernels.sgd(
        n,
        weights,
        gradients,
        slots[0] ?? 0,
        learningRate,
        momentum,
        nesterov ? 1 : 0,
        gradientScale,
      );
    },
  };
}
