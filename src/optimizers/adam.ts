import { checkKeys } from '../options.js';
import { checkClipNorm, checkFraction, checkPositive, type Optimizer } from './optimizer.js';

export interface AdamOptions {
  learningRate?: number | undefined;
  beta1?: number | undefined;
  beta2?: number | undefined;
  epsilon?: number | undefined;
  /** Largest global norm of the gradients; larger ones are scaled down to it. */
  clipNorm?: number | undefined;
}

/**
 * Adam (Kingma and Ba 2015), epsilon outside the square root of the corrected moment:
 * w -= learningRate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon).
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const subject = 'optimizers.adam';
  checkKeys(subject, options, ['learningRate', 'beta1', 'beta2', 'epsilon', 'clipNorm']);
  const learningRate = checkPositive(subject, 'learningRate', options.learningRate ?? 1e-3);
  const beta1 = checkFraction(subject, 'beta1', options.beta1 ?? 0.9);
  const beta2 = checkFraction(subject, 'beta2', options.beta2 ?? 0.999);
  const epsilon = checkPositive(subject, 'epsilon', options.epsilon ?? 1e-7);
  const clipNorm = checkClipNorm(subject, options.clipNorm);
  return {
    className: 'Adam',
    config: { learningRate, beta1, beta2, epsilon, clipNorm },
    learningRate,
    clipNorm,
    slots: [
      { name: 'm', signed: true },
      { name: 'v', signed: false },
    ],
    update(kernels, n, weights, gradients, [m, v], step, gradientScale) {
      // the kernel's betas are float32: their powers must be those of the rounded values
      const correction1 = 1 / (1 - power(Math.fround(beta1), step));
      const correction2 = 1 / (1 - power(Math.fround(beta2), step));
      kernels.adam(
        n,
        weights,
        gradients,
        m,
        v,
        learningRate,
        beta1,
        beta2,
        epsilon,
        correction1,
        correction2,
        gradientScale,
      );
    },
  };
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
