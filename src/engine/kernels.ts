// The Wasm exports and their instances: the one place that knows how kernels come to life.
import { instantiateSync } from '@assemblyscript/loader';
import type { KernelExports } from './kernel-exports.js';
import { freshMemory } from './memory.js';
import { wideVectors } from './wide.js';

/** What an instance of the kernels exports. */
export type Kernels = KernelExports;

/**
 * A mean over R rows of outputs y and targets t; dY = 0: no gradient is wanted; weights: a factor
 * for each row, 0 for none.
 */
export type LossKernel = Kernels['meanSquaredError'];

/**
 * A fresh instance that works in that memory; in one of its own where none is given. Several may work in one: what kernels keep between two
 * calls stands where the caller says, constants are the same in all of them. The raw exports are
 * handed out rather than the loader's wrappers, which gather arguments into an array on every call.
 */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory = freshMemory(),
  wide = wideVectors(),
): Kernels {
  const { exports } = instantiateSync(module, { env: { memory } }).instance;
  const kernels = exports as unknown as Kernels;
  kernels.setWide(wide);
  return kernels;
}

/** For the last two arguments of kernels that threads share: no team, rank 0. A crew puts in its own. */
export const ALONE = 0;

/** n rounded up to whole SIMD vectors: the padded width of rows. */
export function padded(kernels: Kernels, n: number): number {
  const lanes = kernels.LANES.value;
  return Math.ceil(n / lanes) * lanes;
}
