import type { CallbackModel, Logs } from '../callbacks/callback.js';
import { SluiceError } from '../errors.js';
import { Random } from '../random.js';
import type { Batch, Batches } from './batches.js';
import type { Compiled } from './compile-options.js';
import { evaluateAll, type Readable } from './evaluation.js';
import type { FitSettings } from './fit-options.js';
import { emptyHistory, FitAborted, type History, record } from './history.js';
import { Hooks } from './hooks.js';
import { checkSignal, Interruption, orAborted } from './interruption.js';
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
  readonly data: Batches;
  readonly validation: Batches | undefined;
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
  data: Batches,
  validation: Batches | undefined,
  settings: FitSettings,
): Promise<History> {
  const { callbacks, epochs, batchSize, signal, verbose } = settings;
  const hooks = new Hooks(callbacks, signal);
  const progress = new Progress(verbose, epochs, Math.ceil(data.count / batchSize));
  const breather = new Breather();
  const history = emptyHistory();
  try {
    checkSignal(signal);
    await trainEpochs({ trained, data, validation, settings, hooks, progress, breather }, history);
    return history;
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    throw new FitAborted(history, signal?.reason, hooks.abort());
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
  const { batchSize, signal } = settings;
  const { compiled, gate } = trained;
  const means = new Means(compiled);
  const order = settings.shuffle
    ? new Random(trained.seed, shuffleStream(trained.passes().counters.epochs)).permutation(
        data.count,
      )
    : undefined;
  const [begin, end] = [hooks.has('onBatchBegin'), hooks.has('onBatchEnd')];
  const batch: Batch = { data, order, from: 0, B: 0 };
  for (let index = 0; batch.from < data.count; index++) {
    checkSignal(signal);
    batch.B = Math.min(batchSize, data.count - batch.from);
    if (begin) await hooks.each((callback) => callback.onBatchBegin?.(index));
    const step = () => {
      const passes = trained.passes();
      const loss = trainStep(passes, batch, compiled, `in epoch ${epoch}, batch ${index}`);
      means.add(loss, passes, batch.B);
    };
    if (gate.busy) await waitForStep(gate, step, signal);
    else step();
    progress.step(epoch, index, () => means.report());
    if (end) await endBatch(hooks, index, means.report());
    batch.from += batch.B;
    if (trained.model.stopTraining) break;
    if (breather.due) await breather.breathe();
  }
  return means.report();
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
  const { batchSize, signal } = settings;
  const { compiled } = trained;
  const means = await evaluateAll(trained, compiled, validation, batchSize, signal, breather);
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
