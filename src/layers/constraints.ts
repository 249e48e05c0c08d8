// The `constraints` namespace of the public interface: constraints with parameters, as plain data.
import { type ConstraintConfig, constraintCatalogue } from './constraint.js';

/** Options of constraints.unitNorm. */
export interface UnitNormOptions {
  /** Along which norms are taken, in the shape that Keras gives the weight; or several axes, of three the first or the last ones. Default 0. */
  axis?: number | readonly number[] | undefined;
}

/** Options of constraints.maxNorm. */
export interface MaxNormOptions extends UnitNormOptions {
  /** From 0 up. Default 2. */
  maxValue?: number | undefined;
}

/** Options of constraints.minMaxNorm. */
export interface MinMaxNormOptions extends UnitNormOptions {
  /** From 0 up. Default 0. */
  minValue?: number | undefined;
  /** From minValue up. Default 1. */
  maxValue?: number | undefined;
  /** Above 0, up to 1: how much of the way a step goes. Default 1. */
  rate?: number | undefined;
}

/** Norms above maxValue come down to it. @throws SluiceError 'bad-option' for options that do not hold. */
export const maxNorm = (options: MaxNormOptions = {}): ConstraintConfig =>
  constraintCatalogue.of('MaxNorm', options, 'constraints.maxNorm');
/** Norms are 1. @throws SluiceError 'bad-option' for options that do not hold. */
export const unitNorm = (options: UnitNormOptions = {}): ConstraintConfig =>
  constraintCatalogue.of('UnitNorm', options, 'constraints.unitNorm');
/** Numbers below 0 become 0. */
export const nonNeg = (): ConstraintConfig =>
  constraintCatalogue.of('NonNeg', {}, 'constraints.nonNeg');
/** Norms come between minValue and maxValue, by `rate`. @throws SluiceError 'bad-option' for options that do not hold. */
export const minMaxNorm = (options: MinMaxNormOptions = {}): ConstraintConfig =>
  constraintCatalogue.of('MinMaxNorm', options, 'constraints.minMaxNorm');
