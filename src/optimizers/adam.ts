import { ALONE } from '../engine/kernels.js';
import { checkKeys } from '../options.js';
import { type ClipOptions, checkClipping, clipKeys } from './clipping.js';
import { type NumberOptions, type Optimizer, optimizerOf, readNumbers } from './optimizer.js';

/** Options of optimizers.adam, named as in Keras. */
export interface AdamOptions extends ClipOptions {
  /** The step size: a finite number from 0 up. Default 0.001. */
  learningRate?: number | undefined;
  /** Decay of the mean of the gradients: from 0 up to, not including, 1. Default 0.9. */
  beta1?: number | undefined;
  /** Decay of the mean of their squares: from 0 up to, not including, 1. Default 0.999. */
  beta2?: number | undefined;
  /** Added to the root of the mean square: a finite number above 0. Default 1e-7. */
  epsilon?: number | undefined;
}

const numbers = {
  learningRate: ['notNegative', 1e-3],
  beta1: ['fraction', 0.9],
  beta2: ['fraction', 0.999],
  epsilon: ['positive', 1e-7],
} as const satisfies NumberOptions;

/**
 * Adam (Kingma and Ba 2015) in the form of Keras 3, whose epsilon stands outside the correction:
 * w -= learningRate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon), with
 * m = beta1 * m + (1 - beta1) * g and v = beta2 * v + (1 - beta2) * g^2.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function adam(given: AdamOptions = {}): Optimizer {
  const subject = 'optimizers.adam';
  const options = checkKeys(subject, given, [...Object.keys(numbers), ...clipKeys]);
  const { learningRate, ...rest } = readNumbers(subject, options, numbers);
  const { beta1, beta2, epsilon } = rest;
  // Keras rounds the betas to float32 in the correction, but not before it takes them from 1
  const rounded1 = Math.fround(beta1);
  const rounded2 = Math.fround(beta2);
  const alphaOf = (rate: number, step: number) =>
    Math.fround((rate * Math.sqrt(1 - power(rounded2, step))) / (1 - power(rounded1, step)));
  return optimizerOf({
    className: 'Adam',
    subject,
    learningRate,
    clipping: checkClipping(subject, options),
    options: rest,
    slots: [
      { name: 'm', signed: true },
      { name: 'v', signed: false },
    ],
    update(kernels, { offset, runs, length, stride }, stores, step, factors) {
      const from = 4 * offset;
      kernels.adam(
        runs,
        length,
        stride,
        stores.parameters + from,
        stores.gradients + from,
        stores.slots[0] + from,
        stores.slots[1] + from,
        alphaOf(factors.learningRate, step),
        1 - beta1,
        1 - beta2,
        epsilon,
        factors.gradientScale,
        ALONE,
        ALONE,
      );
    },
    extend(bounds, gradient, step, rate) {
      bounds[1] = Math.max(bounds[1], gradient);
      bounds[2] = Math.max(bounds[2], gradient * gradient);
      const alpha = alphaOf(rate, step);
      const product = alpha * bounds[1];
      bounds[0] += product / Math.fround(epsilon);
      // a large epsilon makes a small quotient of a product that float32 cannot hold
      return Math.max(alpha, product);
    },
  });
}

/** base^exponent by squaring: products only, so every engine rounds alike (Math.pow may not). */
function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
