import type { Worker as NodeWorker } from 'node:worker_threads';
import { crewThread } from '../../build/crew-thread.js';
import { SluiceError } from '../errors.js';
import { nodeBuiltin } from '../runtime.js';
import { threadsNow } from './core-board.js';
import { CONTROL, CONTROL_HEAD, type CrewStart, commandWord } from './crew-control.js';
import { wideVectors } from './wide.js';

/** Arguments that a command may have. */
const MOST_ARGUMENTS = 32;
/** Milliseconds that a thread waits for another one within a kernel: parts of one take less than a second. */
const PATIENCE_MS = 10_000;
/** Places in a team, see assembly/team.ts: the number of threads, their patience, whether somebody is missing. */
const TEAM = { threads: 0, patience: 8, broken: 256 } as const;

/** Why a model of this thread cannot have more of them; undefined where it can. */
export function whyNoCrew(): string | undefined {
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false) {
    return (
      'there is no shared memory here: a page must be isolated (headers Cross-Origin-Opener-Policy: ' +
      'same-origin and Cross-Origin-Embedder-Policy: require-corp)'
    );
  }
  if (typeof document !== 'undefined') {
    return "a page's main thread must not wait for others: make the model in a worker";
  }
  return undefined;
}

/** The part of a worker of Node, or of a Web Worker, that a crew uses. */
interface Mate {
  onEnd(listener: (how: string) => void): void;
  terminate(): Promise<unknown>;
}

/**
 * Threads that run kernels together, this one among them, which leads. The others come up beside what goes
 * on, once there are cores for them; until they are there kernels are run alone, with the same results.
 */
export class Crew {
  readonly threads: number;
  readonly #team: number;
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #start: Omit<CrewStart, 'rank'>;
  #mates: readonly Mate[] = [];
  #commands = 0;
  /** How the first one that is gone came to its end. */
  #lost: string | undefined;
  #told = false;
  #ends: Promise<unknown> | undefined;
  #ended = false;

  /**
   * @param names of the kernels that `run` takes
   * @param team address of TEAM_BYTES in that memory for the crew alone
   */
  constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    threads: number,
    names: readonly string[],
    team: number,
    patience = PATIENCE_MS,
  ) {
    this.threads = threads;
    this.#team = team;
    this.#memory = memory;
    const block = new DataView(memory.buffer, team);
    block.setInt32(TEAM.threads, threads, true);
    block.setBigInt64(TEAM.patience, BigInt(patience) * 1_000_000n, true);
    const control = new SharedArrayBuffer(CONTROL_HEAD + 8 * MOST_ARGUMENTS);
    this.#words = new Int32Array(control, 0, CONTROL_HEAD / 4);
    this.#doubles = new Float64Array(control, CONTROL_HEAD);
    this.#start = { module, memory, control, names, wide: wideVectors() };
    if (threadsNow(threads) > 1) this.#startMates();
  }

  /** How many threads can run the next kernel: 1 until all of them are there, or where there is no core for more. */
  get atHand(): number {
    if (this.#lost !== undefined) this.#giveUp();
    if (this.#told) return 1;
    const now = threadsNow(this.threads);
    if (now === 1) return 1;
    if (this.#mates.length === 0) this.#startMates();
    return Atomics.load(this.#words, CONTROL.ready) === this.threads - 1 ? now : 1;
  }

  #startMates(): void {
    this.#mates = Array.from({ length: this.threads - 1 }, (_, i) => {
      const mate = startMate({ ...this.#start, rank: i + 1 });
      mate.onEnd((how) => {
        this.#lost ??= `thread ${i + 1} of the model's ${this.threads} ${how}`;
      });
      return mate;
    });
  }

  /**
   * Runs kernel number `kernel` in so many threads, which are at hand, `lead` being its call in this one.
   * @param loss what is lost where a thread does not take part: reads before "is lost"
   * @throws SluiceError 'worker-died' then: what was computed is void
   */
  run(
    threads: number,
    kernel: number,
    args: readonly number[],
    lead: (team: number, rank: number) => void,
    loss = 'what it was computing',
  ): void {
    this.#doubles.set(args);
    this.#doubles[args.length] = this.#team;
    this.#words[CONTROL.kernel] = kernel;
    this.#words[CONTROL.count] = args.length + 1;
    new Int32Array(this.#memory.buffer, this.#team + TEAM.threads, 1)[0] = threads;
    this.#commands = (this.#commands + 1) & 0xff_ffff;
    Atomics.store(this.#words, CONTROL.command, commandWord(this.#commands, threads));
    Atomics.notify(this.#words, CONTROL.command);
    lead(this.#team, 0);
    if (new Int32Array(this.#memory.buffer, this.#team + TEAM.broken, 1)[0] === 0) return;
    this.#lost ??= `a thread of the model's ${this.threads} does not answer`;
    this.#giveUp(loss);
  }

  /** Ends the other threads; the promise resolves when they are gone. */
  async close(): Promise<void> {
    this.#ends ??= Promise.all(this.#mates.map((mate) => mate.terminate())).finally(() => {
      this.#ended = true;
    });
    await this.#ends;
  }

  /** Throws once, and until the last thread is gone, for it might still write; from then on nobody misses it. */
  #giveUp(loss = 'what it was computing'): void {
    const first = !this.#told;
    this.#told = true;
    void this.close();
    if (!first && this.#ended) return;
    throw new SluiceError(
      'worker-died',
      `${this.#lost}; ${loss} is lost, the model goes on with one thread`,
    );
  }
}

function startMate(start: CrewStart): Mate {
  const threads = nodeBuiltin('node:worker_threads');
  return threads
    ? nodeMate(new threads.Worker(crewThread, { eval: true, workerData: start }))
    : webMate(start);
}

function nodeMate(worker: NodeWorker): Mate {
  // a model that nobody disposed of must not keep the process alive
  worker.unref();
  return {
    onEnd(listener) {
      worker.on('error', (error: unknown) => listener(`failed with ${String(error)}`));
      worker.on('exit', (code: number) => listener(`exited with code ${code}`));
    },
    terminate: () => worker.terminate(),
  };
}

function webMate(start: CrewStart): Mate {
  const url = URL.createObjectURL(new Blob([crewThread], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.postMessage(start);
  return {
    onEnd(listener) {
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        listener(`failed with ${event.message || 'an error that the browser does not tell'}`);
      });
    },
    async terminate() {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
