// The `regularizers` namespace of the public interface: regularizers with factors, as plain data.
import { type RegularizerConfig, regularizerCatalogue } from './regularizer.js';

/** Options of regularizers.l1. */
export interface L1Options {
  /** From 0 up. Default 0.01. */
  l1?: number | undefined;
}

/** Options of regularizers.l2. */
export interface L2Options {
  /** From 0 up. Default 0.01. */
  l2?: number | undefined;
}

/** Options of regularizers.l1l2. */
export interface L1L2Options {
  /** From 0 up. Default 0. */
  l1?: number | undefined;
  /** From 0 up. Default 0. */
  l2?: number | undefined;
}

/** Options of regularizers.orthogonal. */
export interface OrthogonalRegularizerOptions {
  /** From 0 up. Default 0.01. */
  factor?: number | undefined;
  /** Which vectors are to be orthogonal to each other. Default 'rows'. */
  mode?: 'rows' | 'columns' | undefined;
}

/** l1 times the sum of the magnitudes. @throws SluiceError 'bad-option' for options that do not hold. */
export const l1 = (options: L1Options = {}): RegularizerConfig =>
  regularizerCatalogue.of('L1', options, 'regularizers.l1');
/** l2 times the sum of the squares. @throws SluiceError 'bad-option' for options that do not hold. */
export const l2 = (options: L2Options = {}): RegularizerConfig =>
  regularizerCatalogue.of('L2', options, 'regularizers.l2');
/** Both of them. @throws SluiceError 'bad-option' for options that do not hold. */
export const l1l2 = (options: L1L2Options = {}): RegularizerConfig =>
  regularizerCatalogue.of('L1L2', options, 'regularizers.l1l2');
/**
 * factor times the mean of |cos| of the angles between every two rows, or columns, of a matrix.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export const orthogonal = (options: OrthogonalRegularizerOptions = {}): RegularizerConfig =>
  regularizerCatalogue.of('OrthogonalRegularizer', options, 'regularizers.orthogonal');
