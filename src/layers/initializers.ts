import type { Kernels } from '../engine/kernels.js';
import type { SeedWords } from '../random.js';

/** Glorot and Bengio 2010: uniform in +-sqrt(6 / (fanIn + fanOut)); Saxe et al. 2013: orthogonal. */
export type Initializer = 'glorotUniform' | 'orthogonal';
export const initializers: readonly Initializer[] = ['glorotUniform', 'orthogonal'];

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
  if (initializer === 'orthogonal') {
    kernels.orthogonal(rows, columns, pointer, 1, scratch, lo, hi, stream, streamHigh);
  } else {
    kernels.glorotUniform(rows * columns, pointer, rows, columns, lo, hi, stream, streamHigh);
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
