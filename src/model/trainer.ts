import type { Callback, CallbackModel, Logs } from '../callbacks/callback.js';
import { SluiceError } from '../errors.js';
import { clipKeys } from '../optimizers/clipping.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { Random } from '../random.js';
import type { Dataset } from './dataset.js';
import type { FitSettings } from './fit-options.js';
import { Breather } from './macrotask.js';
import { Means } from './means.js';
import { progressLine } from './progress-line.js';
import type { Batch, Compiled, Runner } from './runner.js';
import { shuffleStream } from './streams.js';

/** What fit returns: one number an epoch for loss, each metric, and their val_ twins. */
export interface History {
  /** The epochs run, by number. */
  epoch: number[];
  /** By name, one number for each epoch: loss, each metric, and with validation val_loss ... */
  history: Record<string, number[]>;
}

/** What training needs of the model. */
export interface Session {
  readonly model: CallbackModel;
  readonly seed: number;
  readonly compiled: Compiled;
  /** Throws once the model is disposed of. */
  runner(): Runner;
  /** Epochs since the model was made: each has a sample order of its own. */
  epochsDone: number;
}

/** The training loop. Data and settings are checked already. */
export async function train(
  session: Session,
  data: Dataset,
  validation: Dataset | undefined,
  settings: FitSettings,
): Promise<History> {
  const { callbacks, epochs, initialEpoch, signal } = settings;
  const { model } = session;
  if (initialEpoch !== undefined) session.epochsDone = initialEpoch;
  const breather = new Breather();
  const result: History = { epoch: [], history: {} };
  let logs: Logs = {};
  model.stopTraining = false;
  checkSignal(signal);
  for (const callback of callbacks) await callback.setModel?.(model);
  for (const callback of callbacks) await callback.onTrainBegin?.();
  for (let epoch = initialEpoch ?? 0; epoch < epochs && !model.stopTraining; epoch++) {
    const start = performance.now();
    for (const callback of callbacks) await callback.onEpochBegin?.(epoch);
    logs = await trainEpoch(session, data, settings, epoch, breather);
    checkWeights(session, epoch);
    if (validation) {
      const means = await evaluate(session, validation, settings.batchSize, signal, breather);
      means.report(logs, 'val_');
      checkValidation(logs.val_loss, epoch, session.compiled);
    }
    session.epochsDone++;
    record(result, epoch, logs);
    const seconds = (performance.now() - start) / 1000;
    if (settings.verbose) console.log(progressLine(epoch, epochs, seconds, logs));
    for (const callback of callbacks) await callback.onEpochEnd?.(epoch, { ...logs });
    checkSignal(signal);
  }
  for (const callback of callbacks) await callback.onTrainEnd?.(logs);
  return result;
}

async function trainEpoch(
  session: Session,
  data: Dataset,
  settings: FitSettings,
  epoch: number,
  breather: Breather,
): Promise<Logs> {
  const { batchSize, signal } = settings;
  const means = new Means(session.compiled);
  const order = settings.shuffle
    ? new Random(session.seed, shuffleStream(session.epochsDone)).permutation(data.count)
    : undefined;
  const beginners = settings.callbacks.filter((callback) => callback.onBatchBegin);
  const enders = settings.callbacks.filter((callback) => callback.onBatchEnd);
  const batch: Batch = { data, order, from: 0, B: 0 };
  for (let index = 0; batch.from < data.count; index++) {
    checkSignal(signal);
    batch.B = Math.min(batchSize, data.count - batch.from);
    for (const callback of beginners) await callback.onBatchBegin?.(index);
    const runner = session.runner();
    const loss = trainStep(runner, batch, session.compiled, `in epoch ${epoch}, batch ${index}`);
    means.add(loss, runner, batch.B);
    if (enders.length > 0) await endBatch(session, enders, index, loss);
    batch.from += batch.B;
    if (breather.due) await breather.breathe();
  }
  return means.report({});
}

async function endBatch(
  session: Session,
  callbacks: readonly Callback[],
  index: number,
  loss: number,
): Promise<void> {
  const means = new Means(session.compiled);
  means.add(loss, session.runner(), 1);
  const logs = means.report({});
  for (const callback of callbacks) await callback.onBatchEnd?.(index, logs);
}

/**
 * Forward, backward, update; returns the loss.
 * @throws SluiceError 'not-finite' with weights and optimizer as they were before this step.
 */
export function trainStep(
  runner: Runner,
  batch: Batch,
  { optimizer }: Compiled,
  where: string,
): number {
  const loss = runner.trainForward(batch);
  let what: string;
  if (!Number.isFinite(loss)) what = `the loss became ${loss}`;
  else if (!runner.trainBackward(batch.B))
    what = `the gradients' norm became ${runner.gradientNorm}`;
  else if (!runner.update()) what = "weights or the optimizer's state would leave float32 (3.4e38)";
  else return loss;
  throw new SluiceError(
    'not-finite',
    `${what} ${where}, at learning rate ${optimizer.learningRate}; ${mend(optimizer)}, or scale ` +
      'the data. The weights are those before this batch',
  );
}

function mend({ clipping }: Optimizer): string {
  const bound = clipKeys.find((key) => clipping[key] !== undefined);
  const clip = bound ? `lower ${bound}` : 'set globalClipNorm (1 is a common start)';
  return `try a lower learning rate, ${clip}`;
}

/** Every update is checked already: this holds against all else that may write to the memory. */
function checkWeights(session: Session, epoch: number): void {
  if (session.runner().weightsAreFinite()) return;
  throw new SluiceError(
    'not-finite',
    `weights are not finite at the end of epoch ${epoch}, though each update was; restore good ` +
      'ones with setWeights, or make a new model',
  );
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

/** Loss and metrics over a dataset, without training. */
export async function evaluate(
  session: Session,
  data: Dataset,
  batchSize: number,
  signal: AbortSignal | undefined,
  breather: Breather,
): Promise<Means> {
  const means = new Means(session.compiled);
  const batch: Batch = { data, order: undefined, from: 0, B: 0 };
  while (batch.from < data.count) {
    checkSignal(signal);
    batch.B = Math.min(batchSize, data.count - batch.from);
    const runner = session.runner();
    means.add(runner.evaluate(batch), runner, batch.B);
    batch.from += batch.B;
    if (breather.due) await breather.breathe();
  }
  return means;
}

function record(result: History, epoch: number, logs: Logs): void {
  result.epoch.push(epoch);
  for (const [name, value] of Object.entries(logs)) {
    result.history[name] ??= [];
    result.history[name].push(value);
  }
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new SluiceError(
    'aborted',
    'fit was aborted by its signal; the model keeps the weights of the last finished step',
    { cause: signal.reason },
  );
}
