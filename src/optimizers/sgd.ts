import { ALONE } from '../engine/kernels.js';
import { checkBoolean, checkKeys, checkOption } from '../options.js';
import { type ClipOptions, checkClipping, clipKeys } from './clipping.js';
import { type NumberOptions, type Optimizer, optimizerOf, readNumbers } from './optimizer.js';

/** Options of optimizers.sgd, named as in Keras. */
export interface SgdOptions extends ClipOptions {
  /** The step size: a finite number from 0 up. Default 0.01. */
  learningRate?: number | undefined;
  /** The share of the last step that goes on: from 0 up to, not including, 1. Default 0. */
  momentum?: number | undefined;
  /**
   * Looks ahead along the momentum (Sutskever et al. 2013); needs momentum above 0. Default false.
   */
  nesterov?: boolean | undefined;
}

const numbers = {
  learningRate: ['notNegative', 0.01],
  momentum: ['fraction', 0],
} as const satisfies NumberOptions;

/**
 * Stochastic gradient descent, momentum as in Keras: velocity = momentum * velocity -
 * learningRate * g; w += velocity, with nesterov w += momentum * velocity - learningRate * g.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function sgd(given: SgdOptions = {}): Optimizer {
  const subject = 'optimizers.sgd';
  const options = checkKeys(subject, given, [...Object.keys(numbers), 'nesterov', ...clipKeys]);
  const { learningRate, momentum } = readNumbers(subject, options, numbers);
  const { nesterov = false } = options;
  checkBoolean(subject, 'nesterov', nesterov);
  checkOption(
    subject,
    'nesterov',
    nesterov,
    !nesterov || momentum > 0,
    'false while momentum is 0, for it would change nothing',
  );
  return optimizerOf({
    className: 'SGD',
    subject,
    learningRate,
    clipping: checkClipping(subject, options),
    options: { momentum, nesterov },
    slots: momentum > 0 ? [{ name: 'velocity', signed: true }] : [],
    update(kernels, { offset, runs, length, stride }, stores, _step, factors) {
      const from = 4 * offset;
      kernels.sgd(
        runs,
        length,
        stride,
        stores.parameters + from,
        stores.gradients + from,
        momentum > 0 ? stores.slots[0] + from : 0,
        factors.learningRate,
        momentum,
        nesterov ? 1 : 0,
        factors.gradientScale,
        ALONE,
        ALONE,
      );
    },
    extend(bounds, gradient, _step, rate) {
      const step = rate * gradient;
      if (momentum > 0) bounds[1] = momentum * bounds[1] + step;
      bounds[0] += momentum > 0 ? bounds[1] + step : step;
      return step;
    },
  });
}
