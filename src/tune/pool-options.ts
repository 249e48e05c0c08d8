/**
 * What a pool of workers can be told. Declared here and not beside the pool, since optimize
 * takes the same options and hands them on; src/workers imports this file, never the reverse.
 */
import { anyRule, functionRule, integerRule, type Rules } from '../rules.js';

/** The part of a Worker (of the browser or of Node) that tells it from anything else. */
export interface WorkerLike {
  /** Sends the worker a message. */
  // biome-ignore lint/suspicious/noExplicitAny: browsers and Node type it each their own way
  postMessage(...message: any[]): void;
  /** Ends the worker at once. */
  terminate(): unknown;
}

/**
 * Where the objective lives: a script that calls exposeObjective (URL or path; in Node a file
 * that exists, in a browser whatever `new Worker` takes), or a function that returns a new
 * worker with such a script each time it is called.
 */
export type WorkerSource = URL | string | (() => WorkerLike | Promise<WorkerLike>);

/** Options of createPool; study.optimize takes the same. */
export interface PoolOptions {
  /** The script of the objective, or a function that makes a worker of it. Required. */
  worker: WorkerSource;
  /** Third argument of the objective; sent to each worker once, by structured clone. Default: undefined. */
  data?: unknown;
  /** How many run at once, from 1 to 1024; default: the number of cores less one, at least 1. */
  workers?: number | undefined;
  /** Milliseconds without a sign of life after which a worker is replaced; default 60000, at least 100. */
  silenceTimeout?: number | undefined;
  /**
   * Milliseconds in which an objective must report, send progress or return, however alive its
   * worker is: one that waits for what never comes fails. Default 3600000 (an hour), at least 100.
   */
  stallTimeout?: number | undefined;
  /** Milliseconds within which a worker must have loaded; default 30000, at least 100. */
  startTimeout?: number | undefined;
  /** Hears what is not as it was asked for, in one sentence; default: console.warn. */
  onWarning?: ((message: string) => void) | undefined;
}

/** Beyond it, timers of the runtime fire at once. */
const LARGEST_TIMEOUT = 2 ** 31 - 1;

const milliseconds = {
  expected: `a number of milliseconds from 100 to ${LARGEST_TIMEOUT}`,
  holds: (value: unknown) => typeof value === 'number' && value >= 100 && value <= LARGEST_TIMEOUT,
};

/** The default of `workers` needs to know the platform: the pool adds it. */
export const poolRules = {
  worker: {
    expected: 'a URL, a path or a function that returns a new Worker',
    holds: (value: unknown) =>
      typeof value === 'function' ||
      value instanceof URL ||
      (typeof value === 'string' && value !== ''),
    required: true,
  },
  data: anyRule,
  workers: integerRule(1, 1024),
  silenceTimeout: { ...milliseconds, otherwise: () => 60_000 },
  stallTimeout: { ...milliseconds, otherwise: () => 3_600_000 },
  startTimeout: { ...milliseconds, otherwise: () => 30_000 },
  onWarning: {
    ...functionRule('a function (message)'),
    otherwise: () => (message: string) => console.warn(message),
  },
} satisfies Rules<PoolOptions>;
