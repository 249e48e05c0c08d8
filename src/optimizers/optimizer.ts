// What an optimizer is to the model: hyperparameters and one update over the flat parameter
// store. It keeps no state of its own; moments live in the model's memory, so that one
// optimizer object can serve many models.
import type { Kernels } from '../engine/kernels.js';
import { checkOption } from '../options.js';

/** An array of an optimizer's state. */
export interface Slot {
  /** Its name in model files. */
  readonly name: string;
  /** False where a value below 0 can only be damage. */
  readonly signed: boolean;
}

export interface Optimizer {
  readonly className: string;
  /** JSON-able hyperparameters. */
  readonly config: Readonly<Record<string, number | boolean | undefined>>;
  readonly learningRate: number;
  /** Largest global norm of the gradients (Pascanu et al. 2013); undefined: no clipping. */
  readonly clipNorm: number | undefined;
  /** What it keeps between steps: arrays as large as the parameters, all 0 at first. */
  readonly slots: readonly Slot[];
  /**
   * One step over n floats.
   * @param step 1 for the first.
   * @param gradientScale factor on the gradients, from clipping.
   */
  update(
    kernels: Kernels,
    n: number,
    weights: number,
    gradients: number,
    slots: readonly number[],
    step: number,
    gradientScale: number,
  ): void;
}

export function checkPositive(subject: string, name: string, value: number): number {
  const fits = typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY;
  return checkOption(subject, name, value, fits, 'a finite number above 0');
}

export function checkFraction(subject: string, name: string, value: number): number {
  const fits = typeof value === 'number' && value >= 0 && value < 1;
  return checkOption(subject, name, value, fits, 'a number from 0 up to, not including, 1');
}

export function checkClipNorm(subject: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : checkPositive(subject, 'clipNorm', value);
}
