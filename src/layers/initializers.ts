import type { Kernels } from '../engine/kernels.js';
import type { SeedWords } from '../random.js';
import { choiceRule } from '../rules.js';

/**
 * glorotUniform: uniform in +-sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010); orthogonal: Saxe et
 * al. 2013; randomUniform: in [-0.05, 0.05); randomNormal: standard deviation 0.05, as in Keras.
 */
export type Initializer = 'glorotUniform' | 'orthogonal' | 'randomUniform' | 'randomNormal';
/** The names that the initializer options take. */
export const INITIALIZERS: readonly Initializer[] = [
  'glorotUniform',
  'orthogonal',
  'randomUniform',
  'randomNormal',
];
export const initializerRule = choiceRule(INITIALIZERS);
const SPREAD = 0.05;

/** Fills a contiguous rows x columns matrix at `pointer`. */
export function initializeMatrix(
  kernels: Kernels,
  initializer: Initializer,
  rows: number,
  columns: number,
  pointer: number,
  scratch: number,
  seed: SeedWords,
  stream: number,
  streamHigh: number,
): void {
  const { lo, hi } = seed;
  const n = rows * columns;
  switch (initializer) {
    case 'orthogonal':
      kernels.orthogonal(rows, columns, pointer, 1, scratch, lo, hi, stream, streamHigh);
      break;
    case 'randomUniform':
      kernels.randomUniform(n, pointer, -SPREAD, SPREAD, lo, hi, stream, streamHigh);
      break;
    case 'randomNormal':
      kernels.randomNormal(n, pointer, 0, SPREAD, lo, hi, stream, streamHigh);
      break;
    case 'glorotUniform':
      kernels.glorotUniform(n, pointer, rows, columns, lo, hi, stream, streamHigh);
  }
}

export function initializerScratch(
  kernels: Kernels,
  initializer: Initializer,
  rows: number,
  columns: number,
): number {
  return initializer === 'orthogonal' ? kernels.orthogonalScratchFloats(rows, columns) : 0;
}
