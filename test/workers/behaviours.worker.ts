// An objective that does on command what objectives must not do.
import { SluiceError } from 'sluice';
import { exposeObjective, type ObjectiveTrial, TrialPruned } from 'sluice/worker';
import { threadsNow } from '../../src/engine/core-board.js';

interface Order {
  kind: string;
  steps?: number;
  milliseconds?: number;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const loaded = Math.random();

interface Port {
  removeAllListeners(): void;
  close(): void;
}

function parentPort(): Port {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): { parentPort: Port } };
  };
  return process.getBuiltinModule('node:worker_threads').parentPort;
}

/** What a worker thread hears of its parent, no more. */
const dropListeners = () => parentPort().removeAllListeners();

type Behaviour = (order: Order, trial: ObjectiveTrial<Order>, data: unknown) => unknown;

const behaviours: Record<string, Behaviour> = {
  value: (_, trial) => trial.number * 2,
  identity: () => loaded,
  /** How many threads a model may use, asked until that is so many or for ten seconds. */
  threads: async ({ steps = 1 }) => {
    for (let tries = 0; threadsNow(1000) !== steps && tries < 1000; tries++) await sleep(10);
    return threadsNow(1000);
  },
  seed: (_, trial) => trial.seed,
  place: (_, trial) => trial.place,
  sum: (_, __, data) => (data as Float64Array).reduce((a, b) => a + b, 0),
  throw: () => {
    throw new TypeError('the kettle is cold');
  },
  throwString: () => {
    throw 'a string';
  },
  nan: () => Number.NaN,
  undefined: () => undefined,
  text: () => '0.5',
  object: () => ({ loss: 1 }),
  exit: () => (globalThis as { process?: { exit(code: number): void } }).process?.exit(3),
  closeSelf: async () => {
    (globalThis as unknown as { close(): void }).close();
    await sleep(60_000);
  },
  uncaught: async () => {
    setTimeout(() => {
      throw new Error('thrown beside the objective');
    });
    await sleep(60_000);
  },
  unhandled: async () => {
    void Promise.reject(new Error('rejected beside the objective'));
    await sleep(60_000);
  },
  loop: () => {
    for (;;);
  },
  fill: () => {
    const hoard: unknown[] = [];
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
  },
  deaf: () => sleep(60_000),
  slow: async ({ milliseconds = 100 }) => {
    await sleep(milliseconds);
    return 1;
  },
  spin: ({ milliseconds = 100 }) => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
    return 1;
  },
  obedient: async (_, trial) => {
    await new Promise<void>((resolve) =>
      trial.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    return loaded;
  },
  report: async ({ steps = 5 }, trial) => {
    for (let step = 0; step < steps; step += 1) await trial.report(100 - step, step);
    return 7;
  },
  reportSlowly: async ({ steps = 5, milliseconds = 100 }, trial) => {
    for (let step = 0; step < steps; step += 1) {
      await sleep(milliseconds);
      if (step % 2) await trial.report(100 - step, step);
      else trial.progress({ step });
    }
    return 7;
  },
  reportUnawaited: ({ steps = 5 }, trial) => {
    for (let step = 0; step < steps; step += 1) void trial.report(100 - step, step);
    return 7;
  },
  reportThenHang: async ({ steps = 5 }, trial) => {
    for (let step = 0; step < steps; step += 1) void trial.report(100 - step, step);
    await sleep(60_000);
  },
  reportThenThrow: ({ steps = 5 }, trial) => {
    for (let step = 0; step < steps; step += 1) void trial.report(100 - step, step);
    throw new Error('after the reports');
  },
  reportNothing: (_, trial) => {
    void trial.report(undefined as unknown as number, 0);
    return 1;
  },
  reportLate: (_, trial) => {
    setTimeout(() => void trial.report(-1, 99), 30);
    return 1;
  },
  askPruned: async ({ steps = 5 }, trial) => {
    for (let step = 0; step < steps; step += 1) {
      void trial.report(100 - step, step);
      if (await trial.shouldPrune()) throw new TrialPruned();
    }
    return 7;
  },
  pruneSelf: () => {
    throw new TrialPruned();
  },
  chatter: async ({ steps = 1000 }, trial) => {
    for (let i = 0; i < steps; i += 1) trial.progress({ i });
    await sleep(10);
    trial.progress('end');
    return 1;
  },
  /** Returns, and leaves a timer behind that throws while the next trial runs. */
  leaveTimer: ({ milliseconds = 100 }, trial) => {
    setTimeout(() => {
      throw new Error(`left behind by trial ${trial.number}`);
    }, milliseconds);
    return 1;
  },
  /** Returns, and leaves a timer behind that blocks the worker for ever. */
  leaveLoop: ({ milliseconds = 30 }) => {
    setTimeout(() => {
      for (;;);
    }, milliseconds);
    return 1;
  },
  /** Returns, and leaves a timer behind after which nothing comes or goes any more. */
  leaveClosedPort: ({ milliseconds = 30 }) => {
    setTimeout(() => parentPort().close(), milliseconds);
    return 1;
  },
  removeListeners: (_, trial) => {
    dropListeners();
    return trial.number;
  },
  removeListenersThenReport: async (_, trial) => {
    dropListeners();
    await trial.report(1, 0);
    return 1;
  },
  unwritten: () => {
    throw new SluiceError('storage', 'model not saved: no space left on device');
  },
  tooLarge: () => {
    throw new SluiceError('memory-limit', 'too large');
  },
  progressFunction: (_, trial) => {
    trial.progress(() => {});
    return 1;
  },
};

exposeObjective(
  (params: Order, trial, data) => behaviours[params.kind](params, trial, data) as number,
);
