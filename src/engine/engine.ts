import { SluiceError } from '../errors.js';
import { instantiateKernels, type Kernels } from './kernels.js';
import { EngineMemory } from './memory.js';

/** An instance of the kernels for one model, with its memory. */
export interface Engine {
  readonly kernels: Kernels;
  readonly memory: EngineMemory;
}

let live = 0;
/** A model that was forgotten rather than disposed of gives its memory back all the same. */
const forgotten = new FinalizationRegistry<undefined>(() => live--);

/** Engines opened in this thread that are neither closed nor collected as garbage. */
export const liveEngines = (): number => live;

/**
 * A fresh engine. Runtimes reserve address space for each, gigabytes whatever the model's size,
 * so that some 120 fit into a page of Chromium and some 12,000 into a process of Node.
 * @throws SluiceError 'memory-limit' when there is no room for one more.
 */
export function openEngine(module: WebAssembly.Module): Engine {
  let kernels: Kernels;
  try {
    kernels = instantiateKernels(module);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SluiceError(
      'memory-limit',
      `the runtime has no memory for another model; ${live} are alive in this thread. ` +
        'Let go of those that are done with: model.dispose()',
      { cause },
    );
  }
  const engine = { kernels, memory: new EngineMemory(kernels.memory) };
  forgotten.register(engine, undefined, engine);
  live++;
  return engine;
}

/** To be called once, by the engine's owner; the memory goes when nothing refers to it. */
export function closeEngine(engine: Engine): void {
  forgotten.unregister(engine);
  live--;
}
