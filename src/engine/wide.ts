// Whether kernels run their loops for 256 bits (assembly/wide.ts). V8 fuses pairs of 128-bit operations
// under --experimental-wasm-revectorize, from Node 24 on; without it those loops are the slower ones,
// with the same results. A flag cannot be read back, so we take the command line's word, or that of who
// has set it from within (src/node-wide.ts).
import { nodeBuiltin, nodeProcess } from '../runtime.js';

/** What a thread tells the worker threads that it starts. */
export const WIDE_VECTORS = 'sluice: wide vectors';
const FLAG = /^--(no-?)?experimental[-_]wasm[-_]revectorize$/;
/** Without a compiler, or without these instructions, V8 fuses nothing. */
const UNDONE = /^--(jitless|no-?(wasm[-_]opt|enable[-_]avx2?|enable[-_]sse.*)|liftoff[-_]only)$/;

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
  if (major < 24 || process?.arch !== 'x64') return false;
  return lastFlag() === 'on' && undoneBy() === undefined;
}

/** What the command line says of the flag, the last one counting; undefined: nothing. */
export function lastFlag(): 'on' | 'off' | undefined {
  const last = nodeProcess()?.execArgv?.findLast((flag) => FLAG.test(flag));
  if (last === undefined) return undefined;
  return last.startsWith('--no') ? 'off' : 'on';
}

/** The flag of this process under which V8 has no 256-bit vectors. */
export const undoneBy = (): string | undefined =>
  nodeProcess()?.execArgv?.find((flag) => UNDONE.test(flag));
