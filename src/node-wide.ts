/** 256-bit vectors, switched on from within a Node process. */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { compiledModules } from './engine/module.js';
import { chooseWideVectors, lastFlag, undoneBy, wideVectors } from './engine/wide.js';
import type { BuildTrial } from './engine/wide-trial.js';
import { SluiceError } from './errors.js';

/** Whether models compute in 256-bit vectors from now on, and why not where they do not. */
export type WideVectors =
  | {
      /** They do. */
      readonly wide: true;
    }
  | {
      /** They do not. */
      readonly wide: false;
      /** As it reads after "128-bit vectors:". */
      readonly reason: string;
      /** Whether this Node has them, but they did not stand their test. */
      readonly failed: boolean;
    };

/** The call that is under way. */
let asked: Promise<WideVectors> | undefined;

/** Long enough for a machine that is busy; a probe takes a fifth of a second. */
const PATIENCE_MS = 10_000;
/** Below this the wider loops are not worth a flag of V8 that is called experimental. */
const LEAST_GAIN = 1.05;

/**
 * Lets every model made from now on, in this thread and in the workers that it starts, compute in 256-bit
 * vectors: training is then about 1.3 to 1.7 times as fast, and its results are the same to the bit. Needs
 * Node >= 24 on x64 with AVX2. It sets V8's flag --experimental-wasm-revectorize for the process, then a
 * worker thread does a small training whose every bit is known; where that dies, answers otherwise or is
 * no faster, the flag goes back and `reason` says so. A program may as well be started with the flag.
 *
 * @throws SluiceError 'unsupported' once a model or a random generator has compiled the kernels: engines
 *   keep what they compiled. Call it first.
 */
export function useWideVectors(): Promise<WideVectors> {
  // who asks meanwhile waits for the same answer: there is one flag for the process
  asked ??= decide().finally(() => {
    asked = undefined;
  });
  return asked;
}

async function decide(): Promise<WideVectors> {
  if (wideVectors()) return { wide: true };
  const missing = whatIsMissing();
  if (missing) return { wide: false, reason: missing, failed: false };
  if (compiledModules() > 0) {
    throw new SluiceError(
      'unsupported',
      'useWideVectors comes too late: the kernels are compiled already. Call it before the first ' +
        'model, study or sampler is made, or start Node with --experimental-wasm-revectorize',
    );
  }
  setFlagsFromString('--experimental-wasm-revectorize');
  const trouble = judged(await probe());
  if (trouble !== undefined) {
    setFlagsFromString('--no-experimental-wasm-revectorize');
    return { wide: false, reason: trouble, failed: true };
  }
  chooseWideVectors(true);
  return { wide: true };
}

function whatIsMissing(): string | undefined {
  const { versions, arch } = process;
  if (Number.parseInt(versions.node, 10) < 24) {
    return `Node ${versions.node} computes in 128-bit vectors; Node 24 and later can take 256 bits`;
  }
  if (arch !== 'x64') return `V8 has 256-bit vectors on x64 alone, and this is ${arch}`;
  const flag = lastFlag() === 'off' ? '--no-experimental-wasm-revectorize' : undoneBy();
  if (flag !== undefined) return `Node was started with ${flag}`;
  return undefined;
}

/** What the probe found, or how it failed. */
function probe(): Promise<BuildTrial[] | string> {
  return new Promise((resolve) => {
    let worker: Worker;
    try {
      worker = new Worker(new URL('./wide-probe.js', import.meta.url));
    } catch (error) {
      // Node --permission without --allow-worker
      resolve(`could not be started: ${(error as Error).message}`);
      return;
    }
    const timer = setTimeout(() => end(`did not answer in ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    const end = (result: BuildTrial[] | string): void => {
      clearTimeout(timer);
      resolve(result);
      void worker.terminate();
    };
    worker.on('message', end);
    worker.on('error', (error) => end(`failed with ${String(error)}`));
    worker.on('exit', (code) => end(`exited with code ${code}`));
  });
}

function judged(found: BuildTrial[] | string): string | undefined {
  if (typeof found === 'string') return `the worker that tried 256-bit vectors ${found}`;
  const wrong = found.find(({ right }) => !right);
  if (wrong) return `in 256-bit vectors the ${wrong.build} kernels give other results here`;
  const gain = Math.max(...found.map((trial) => trial.gain));
  if (gain >= LEAST_GAIN) return undefined;
  return `256-bit vectors are no faster here (${gain.toFixed(2)} times)`;
}
