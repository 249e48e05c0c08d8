import { instantiateKernels, type Kernels } from './kernels.js';
import { loadModule } from './module.js';

let kernels: Kernels | undefined;

/** Always the plain build, whatever a model runs: these values decide trials and weights. */
function portable(): Kernels {
  kernels ??= instantiateKernels(loadModule('portable').module);
  return kernels;
}

/**
 * Elementary functions on doubles with the same bits on every engine, which the host's
 * Math does not promise. They come from the Wasm module, compiled on first use.
 */
export const scalar = {
  exp: (x: number): number => portable().mathExp(x),
  log: (x: number): number => portable().mathLog(x),
  pow: (x: number, y: number): number => portable().mathPow(x, y),
  sin: (x: number): number => portable().mathSin(x),
  cos: (x: number): number => portable().mathCos(x),
  tanh: (x: number): number => portable().mathTanh(x),
};
