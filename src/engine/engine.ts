import { SluiceError } from '../errors.js';
import { nodeBuiltin } from '../runtime.js';
import { threadsNow } from './core-board.js';
import { Crew, whyNoCrew } from './crew.js';
import { CREW_KERNELS, crewKernels } from './crew-kernels.js';
import { instantiateKernels, type Kernels } from './kernels.js';
import { EngineMemory, freshSharedMemory } from './memory.js';
import { type LoadedModule, loadSharedModule } from './module.js';

/** An instance of the kernels for one model, with its memory. */
export interface Engine {
  readonly kernels: Kernels;
  /** The same in this thread alone, for calls too small to be shared. */
  readonly solo: Kernels;
  readonly memory: EngineMemory;
  /** The threads that run its kernels, where it is more than this one. */
  readonly crew: Crew | undefined;
}

let live = 0;
/** A model that was forgotten rather than disposed of gives its memory and threads back all the same. */
const forgotten = new FinalizationRegistry<Crew | undefined>((crew) => {
  live--;
  void crew?.close();
});

/** Engines opened in this thread that are neither closed nor collected as garbage. */
export const liveEngines = (): number => live;

/** What was noted already: once a reason is enough. */
const noted = new Set<string>();

function note(reason: string, text: string): void {
  if (noted.has(reason)) return;
  noted.add(reason);
  console.warn(`sluice: ${text}`);
}

/** Cores that this process may use; no bound where nobody knows. */
const availableCores = (): number =>
  nodeBuiltin('node:os')?.availableParallelism() ??
  globalThis.navigator?.hardwareConcurrency ??
  Number.POSITIVE_INFINITY;

/**
 * A fresh engine. Runtimes reserve address space for each, gigabytes whatever the model's size,
 * so that some 120 fit into a page of Chromium and some 12,000 into a process of Node. Where the runtime
 * has no more than one thread for it, it says so on the console, once, and takes that one; where it has fewer
 * cores than threads it says so too, and takes the threads.
 * @throws SluiceError 'memory-limit' when there is no room for one more.
 */
export function openEngine(loaded: LoadedModule, threads = 1): Engine {
  const obstacle = threads > 1 ? whyNoCrew() : undefined;
  if (obstacle !== undefined) {
    note(obstacle, `a model with threads: ${threads} runs in one thread, for ${obstacle}`);
  }
  const cores = availableCores();
  if (obstacle === undefined && threadsNow(threads) > cores) {
    note(
      'cores',
      `a model with threads: ${threads} has ${cores === 1 ? 'one core' : `${cores} cores`} here: its threads take turns, ` +
        `which is slower than threads: ${cores} and gives the same bits`,
    );
  }
  const shared = threads > 1 && obstacle === undefined;
  const { solo, crew } = withRoom(() =>
    shared ? withCrew(loaded, threads) : { solo: instantiateKernels(loaded.module) },
  );
  const kernels = crew ? crewKernels(solo, crew) : solo;
  const engine = { kernels, solo, memory: new EngineMemory(solo.memory), crew };
  forgotten.register(engine, crew, engine);
  live++;
  return engine;
}

function withCrew({ build }: LoadedModule, threads: number): { solo: Kernels; crew?: Crew } {
  const module = loadSharedModule(build);
  const { memory, team } = freshSharedMemory();
  const solo = instantiateKernels(module, memory);
  return { solo, crew: new Crew(module, memory, threads, CREW_KERNELS, team) };
}

function withRoom(open: () => { solo: Kernels; crew?: Crew }): { solo: Kernels; crew?: Crew } {
  try {
    return open();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SluiceError(
      'memory-limit',
      `the runtime has no memory for another model; ${live} are alive in this thread. ` +
        'Let go of those that are done with: model.dispose()',
      { cause },
    );
  }
}

/** To be called once, by the engine's owner; the memory goes when nothing refers to it. */
export function closeEngine(engine: Engine): void {
  forgotten.unregister(engine);
  live--;
  void engine.crew?.close();
}
