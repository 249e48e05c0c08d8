// Whether kernels run their loops for 256 bits (assembly/wide.ts). V8 fuses pairs of 128-bit operations
// under --experimental-wasm-revectorize, from Node 24 on; without it those loops are the slower ones,
// with the same results. A flag cannot be read back, so we take the command line's word, or that of who
// has set it from within (src/node-wide.ts).
import { nodeBuiltin, nodeProcess } from '../runtime.js';

/** What a thread tells the worker threads that it starts. */
export const WIDE_VECTORS = 'sluice: wide vectors';
const FLAG = /^--(no-)?experimental[-_]wasm[-_]revectorize$/;

let chosen: boolean | undefined;

/** Whether models of this thread run the loops for 256 bits. */
export function wideVectors(): boolean {
  chosen ??= inherited() ?? flagged();
  return chosen;
}

/** For instances made from now on, here and in the worker threads that this thread starts. */
export function chooseWideVectors(on: boolean): void {
  chosen = on;
  nodeBuiltin('node:worker_threads')?.setEnvironmentData(WIDE_VECTORS, on);
}

function inherited(): boolean | undefined {
  const told = nodeBuiltin('node:worker_threads')?.getEnvironmentData?.(WIDE_VECTORS);
  return typeof told === 'boolean' ? told : undefined;
}

/** By the flags of the process, the last of which counts; Node takes none of V8 from NODE_OPTIONS. */
function flagged(): boolean {
  const process = nodeProcess();
  const major = Number.parseInt(process?.versions?.node ?? '0', 10);
  if (major < 24) return false;
  const last = process?.execArgv?.findLast((flag) => FLAG.test(flag));
  return last !== undefined && !last.startsWith('--no-');
}
