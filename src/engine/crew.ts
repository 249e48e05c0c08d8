import type { Worker as NodeWorker } from 'node:worker_threads';
import { crewThread } from '../../build/crew-thread.js';
import { SluiceError } from '../errors.js';
import { nodeBuiltin, nodeProcess } from '../runtime.js';
import { threadsNow } from './core-board.js';
import {
  breakTeam,
  CONTROL,
  CONTROL_BYTES,
  CONTROL_HEAD,
  type CrewStart,
  commandWord,
  FAILURE,
  MOST_ARGUMENTS,
  nextCommand,
  TEAM,
} from './crew-control.js';
import { hasSharedMemory } from './memory.js';
import { wideVectors } from './wide.js';

/**
 * Milliseconds that a thread sleeps, ten times in vain, before another one is missing: parts of a kernel take less
 * than a second.
 */
const SLEEP_MS = 1000;

/** Why a model of this thread cannot have more of them; undefined where it can. */
export function whyNoCrew(): string | undefined {
  if (!hasSharedMemory()) {
    return (
      'there is no shared memory here: a page must be isolated (headers Cross-Origin-Opener-Policy: ' +
      'same-origin and Cross-Origin-Embedder-Policy: require-corp)'
    );
  }
  if (typeof document !== 'undefined') {
    return "a page's main thread must not wait for others: make the model in a worker";
  }
  if (nodeProcess()?.permission?.has('worker') === false) {
    return 'Node was started with --permission and without --allow-worker';
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
  readonly #control: SharedArrayBuffer;
  readonly #start: Omit<CrewStart, 'rank'>;
  #mates: readonly Mate[] = [];
  #commands = 0;
  /** How the first one that is gone came to its end. */
  #lost: string | undefined;
  /** Whether the user knows of it. */
  #told = false;
  /** Whether a thread may still be in the middle of a kernel that the others have given up. */
  #adrift = false;
  #ends: Promise<unknown> | undefined;

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
    sleep = SLEEP_MS,
  ) {
    this.threads = threads;
    this.#team = team;
    this.#memory = memory;
    const block = new DataView(memory.buffer, team);
    block.setInt32(TEAM.threads, threads, true);
    block.setBigInt64(TEAM.sleep, BigInt(sleep) * 1_000_000n, true);
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    this.#control = control;
    this.#words = new Int32Array(control, 0, CONTROL_HEAD / 4);
    this.#doubles = new Float64Array(control, CONTROL_HEAD, MOST_ARGUMENTS);
    this.#start = { module, memory, control, names, team, wide: wideVectors() };
    if (threadsNow(threads) > 1) this.#startMates();
  }

  /** How many threads can run the next kernel: 1 until all of them are there, or where there is no core for more. */
  get atHand(): number {
    if (this.#adrift || (this.#lost !== undefined && !this.#told)) throw this.#giveUp();
    if (this.#told) return 1;
    const now = threadsNow(this.threads);
    if (now === 1) return 1;
    if (this.#mates.length === 0) this.#startMates();
    return Atomics.load(this.#words, CONTROL.ready) === this.threads - 1 ? now : 1;
  }

  /** How many threads it has: 1 once one of the others is gone. */
  get alive(): number {
    return this.#lost === undefined ? this.threads : 1;
  }

  /**
   * To be called before anything is computed: where a thread has ended meanwhile nothing is lost, and one goes on.
   * @returns how it ended, once
   */
  rollCall(): string | undefined {
    if (this.#lost === undefined || this.#told) return undefined;
    this.#told = true;
    void this.close();
    return this.#lost;
  }

  /** Resolves when a crew that gave up is gone, and one thread can go on. */
  async over(): Promise<void> {
    if (this.#told) await this.close();
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
    this.#words[CONTROL.pages] = this.#memory.buffer.byteLength / 65536;
    new Int32Array(this.#memory.buffer, this.#team + TEAM.threads, 1)[0] = threads;
    this.#commands = nextCommand(this.#commands);
    Atomics.store(this.#words, CONTROL.command, commandWord(this.#commands, threads));
    Atomics.notify(this.#words, CONTROL.command);
    try {
      lead(this.#team, 0);
    } catch (error) {
      breakTeam(this.#memory, this.#team);
      this.#lost = `the first thread of the model's ${this.threads} failed with ${String(error)}`;
    }
    if (new Int32Array(this.#memory.buffer, this.#team + TEAM.broken, 1)[0] === 0) return;
    this.#lost ??= `a thread of the model's ${this.threads} ${this.#failure() ?? 'does not answer'}`;
    this.#adrift = true;
    throw this.#giveUp(loss);
  }

  /** What a thread that failed in a kernel has left. */
  #failure(): string | undefined {
    const bytes = Atomics.load(this.#words, CONTROL.failed);
    if (bytes <= 0) return undefined;
    // a copy, for no decoder takes shared memory everywhere
    const text = new Uint8Array(this.#control, FAILURE.at, bytes).slice();
    return `failed with ${new TextDecoder().decode(text)}`;
  }

  /** Ends the other threads; the promise resolves when they are gone. */
  async close(): Promise<void> {
    this.#ends ??= Promise.all(this.#mates.map((mate) => mate.terminate())).finally(() => {
      this.#adrift = false;
    });
    await this.#ends;
  }

  /** To be thrown once, and while a thread is adrift, for it might still write; from then on one goes on alone. */
  #giveUp(loss = 'what it was computing'): SluiceError {
    this.#told = true;
    void this.close();
    return new SluiceError(
      'worker-died',
      `${this.#lost}; ${loss} is lost, the model goes on with one thread`,
    );
  }
}

function startMate(start: CrewStart): Mate {
  const threads = nodeBuiltin('node:worker_threads');
  return threads
    ? nodeMate(new threads.Worker(crewThread, { eval: true, workerData: start, execArgv: [] }))
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
