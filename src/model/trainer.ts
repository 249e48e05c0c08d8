import type { CallbackModel, Logs } from '../callbacks/callback.js';
import { SluiceError } from '../errors.js';
import { permuting, Random } from '../random.js';
import type { Compiled } from './compile-options.js';
import { evaluateAll, type Readable } from './evaluation.js';
import type { Feed, Ordering } from './feed.js';
import type { FitSettings } from './fit-options.js';
import { emptyHistory, FitAborted, type History, record } from './history.js';
import { Hooks } from './hooks.js';
import { checkSignal, Interruption, isThenable, orAborted } from './interruption.js';
import { Breather } from './macrotask.js';
import { Means } from './means.js';
import { Progress } from './progress.js';
import { shuffleStream } from './streams.js';
import { nextCount } from './training-state.js';
import { checkUpdated, mend, trainStep } from './training-step.js';
import type { WeightGate } from './weight-gate.js';

/** What training needs of the model. */
export interface Trainable extends Readable {
  readonly model: CallbackModel;
  readonly seed: number;
  readonly compiled: Compiled;
}

/** The data of one fit and how it goes. */
interface Fit {
  readonly trained: Trainable;
  readonly data: Feed;
  readonly validation: Feed | undefined;
  readonly settings: FitSettings;
  readonly hooks: Hooks;
  readonly progress: Progress;
  readonly breather: Breather;
}

/**
 * The training loop. Data and settings are checked already, and the data stand still.
 * @throws FitAborted, once callbacks were told
 */
export async function train(
  trained: Trainable,
  data: Feed,
  validation: Feed | undefined,
  settings: FitSettings,
): Promise<History> {
  const { callbacks, epochs, signal, verbose } = settings;
  const hooks = new Hooks(callbacks, signal);
  const progress = new Progress(verbose, epochs, data.batches);
  const breather = new Breather();
  const history = emptyHistory();
  try {
    checkSignal(signal);
    await trainEpochs({ trained, data, validation, settings, hooks, progress, breather }, history);
    return history;
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    throw new FitAborted(settings.method, history, signal?.reason, hooks.abort());
  } finally {
    progress.clear();
  }
}

async function trainEpochs(fit: Fit, history: History): Promise<void> {
  const { trained, settings, hooks, progress } = fit;
  const { epochs, initialEpoch, signal } = settings;
  let epoch = initialEpoch ?? 0;
  if (epoch >= epochs) return;
  if (initialEpoch !== undefined) trained.passes().counters.epochs = initialEpoch;
  trained.model.stopTraining = false;
  await afterEarlierSteps(trained.gate, settings.signal);
  await hooks.begin(trained.model);
  let logs: Logs;
  do {
    progress.beginEpoch();
    await hooks.each((callback) => callback.onEpochBegin?.(epoch));
    logs = await trainEpoch(fit, epoch);
    checkUpdated(trained.passes(), `at the end of epoch ${epoch}`);
    await validate(fit, epoch, logs);
    const { counters } = trained.passes();
    counters.epochs = nextCount(counters.epochs);
    record(history, epoch, logs);
    progress.endEpoch(epoch, logs);
    await hooks.epochEnd(epoch, logs);
    checkSignal(signal);
    epoch++;
  } while (epoch < epochs && !trained.model.stopTraining);
  await hooks.each((callback) => callback.onTrainEnd?.(logs));
}

/** Steps that trainOnBatch was called for before fit come first. */
async function afterEarlierSteps(gate: WeightGate, signal: AbortSignal | undefined): Promise<void> {
  if (gate.stepsWait) await orAborted(Promise.resolve(gate.write(() => undefined)), signal);
}

async function trainEpoch(fit: Fit, epoch: number): Promise<Logs> {
  const { trained, data, hooks, settings, progress, breather } = fit;
  const { signal } = settings;
  const { compiled, gate } = trained;
  const means = new Means(compiled);
  const begun = data.round(orderingOf(fit));
  const round = isThenable(begun) ? await begun : begun;
  const [begin, end] = [hooks.has('onBatchBegin'), hooks.has('onBatchEnd')];
  try {
    for (let index = 0; ; index++) {
      checkSignal(signal);
      const next = round.next();
      const batch = isThenable(next) ? await orAborted(next, signal) : next;
      if (!batch) break;
      if (begin) await hooks.each((callback) => callback.onBatchBegin?.(index));
      const step = () => {
        const passes = trained.passes();
        const loss = trainStep(passes, batch, compiled, `in epoch ${epoch}, batch ${index}`);
        means.add(loss, passes, passes.weightOf(batch));
      };
      if (gate.busy) await waitForStep(gate, step, signal);
      else step();
      progress.step(epoch, index, () => means.report());
      if (end) await endBatch(hooks, index, means.report());
      if (trained.model.stopTraining) break;
      if (breather.due) await breather.breathe();
    }
  } finally {
    await round.close();
  }
  return means.report();
}

/** Each epoch since the model was made has an order of its own. */
function orderingOf({ trained, settings, breather }: Fit): Ordering {
  const { shuffle, signal } = settings;
  if (!shuffle) return () => undefined;
  const stream = shuffleStream(trained.passes().counters.epochs);
  return (count) => {
    const random = new Random(trained.seed, stream);
    if (count <= AT_ONCE) return random.permutation(count);
    return inParts(permuting(random, count, AT_ONCE), async () => {
      if (breather.due) await breather.breathe();
      checkSignal(signal);
    });
  };
}

/** Samples that are shuffled without a look at the signal: some milliseconds. */
const AT_ONCE = 2 ** 18;

async function inParts<T>(work: Iterator<void, T>, between: () => Promise<void>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await between();
  }
}

/** The step must not come any more once the wait for it was given up. */
async function waitForStep(
  gate: WeightGate,
  step: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const guarded = () => {
    checkSignal(signal);
    step();
  };
  await orAborted(Promise.resolve(gate.write(guarded)), signal);
}

async function endBatch(hooks: Hooks, index: number, logs: Logs): Promise<void> {
  await hooks.each((callback) => callback.onBatchEnd?.(index, logs));
}

async function validate(fit: Fit, epoch: number, logs: Logs): Promise<void> {
  const { trained, validation, settings, breather } = fit;
  if (!validation) return;
  const { compiled } = trained;
  const means = await evaluateAll(trained, compiled, validation, settings.signal, breather);
  means.reportValidation(logs);
  checkValidation(logs.val_loss, epoch, compiled);
}

/** Finite weights can still be so large that outputs are not. */
function checkValidation(loss: number, epoch: number, { optimizer }: Compiled): void {
  if (Number.isFinite(loss)) return;
  throw new SluiceError(
    'not-finite',
    `the validation loss became ${loss} after epoch ${epoch}, at learning rate ` +
      `${optimizer.learningRate}; ${mend(optimizer)}. The weights are those after this epoch`,
  );
}
