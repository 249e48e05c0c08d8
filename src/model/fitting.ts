// What stands between the calls that train a model and the training loop: options and data are checked,
// memory is planned.
import type { CallbackModel, Logs } from '../callbacks/callback.js';
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import { settle } from '../rules.js';
import type { Arrays } from './arrays.js';
import type { Batches } from './batches.js';
import type { Built } from './built.js';
import type { Carry } from './carry.js';
import { type ClassWeight, classWeightRule, weighByClass } from './class-weight.js';
import type { Compiled } from './compile-options.js';
import { type BatchDataset, feedOf, isBatches } from './dataset-stream.js';
import { BatchFeed, type Feed } from './feed.js';
import {
  checkFitDatasetOptions,
  checkFitOptions,
  type FitDatasetOptions,
  type FitOptions,
  type FitSettings,
} from './fit-options.js';
import type { History } from './history.js';
import { Means } from './means.js';
import { isSamples, type Samples } from './samples.js';
import type { Stages } from './stages.js';
import { train } from './trainer.js';
import { checkUpdated, trainStep } from './training-step.js';
import { splitOff } from './validation.js';
import { checkWindows, WindowFeed } from './windows.js';

/** A model as it trains: what callbacks see of it, and its stages. */
interface Trained {
  readonly model: CallbackModel;
  readonly stages: Stages;
}

/** Model.fit. */
export async function fitArrays(
  trained: Trained,
  x: Arrays | Samples,
  y: Arrays | undefined,
  options: FitOptions,
): Promise<History> {
  const { stages } = trained;
  const compiled = stages.needCompiled('fit');
  const settings = checkFitOptions(options);
  stages.idle('fit');
  const built = stages.builtFor(x);
  const { batchSize, validationData, validationSplit, sampleWeight, classWeight } = settings;
  const all = stages.batches(built, '', x, y, sampleWeight).held();
  const [train, heldOut] = validationSplit > 0 ? splitOff(all, validationSplit) : [all, undefined];
  const data = weighByClass('fit', train, classWeight, stages.signature(built));
  const validation = validationData ? validationOf(stages, built, validationData) : heldOut;
  const { states } = built.passes;
  if (states) checkStateful(states, settings, data, validation);
  // all memory up front: no growth in the middle of training
  const count = validation?.count ?? 0;
  built.passes.setWindow(windowFor('fit', built, settings));
  stages.prepare(built, Math.min(batchSize, data.count), Math.min(batchSize, count));
  const feed = windowed(new BatchFeed(data, batchSize), built, settings);
  const judge = validation && new BatchFeed(validation, batchSize);
  const shuffle = settings.shuffle ?? !states;
  return await run(trained, compiled, feed, judge, { ...settings, shuffle });
}

type Truncated = Pick<FitSettings, 'truncate'>;

/** Time steps of a training step; undefined: all. @throws SluiceError 'bad-option' where windows do not fit the model */
function windowFor(subject: string, built: Built, { truncate }: Truncated): number | undefined {
  if (!truncate) return undefined;
  checkWindows(subject, built.network, built.passes.states?.layers[0]);
  return truncate.back ?? truncate.every;
}

const windowed = (feed: Feed, { network }: Built, { truncate }: Truncated): Feed =>
  truncate ? new WindowFeed(feed, network.allSteps, truncate) : feed;

/** Batches of a stateful model are alike, and in order. @throws SluiceError 'bad-option', 'bad-shape' */
function checkStateful(
  states: Carry,
  { shuffle, batchSize }: { readonly shuffle: boolean | undefined; readonly batchSize: number },
  data: Batches,
  validation: Batches | undefined,
): void {
  if (shuffle) {
    throw new SluiceError(
      'bad-option',
      `fit: shuffle: true would tear apart what layer ${states.layers[0]} is to go on from, for it is stateful; leave shuffle out, or say false`,
    );
  }
  states.checkCount('fit', data.count, batchSize);
  if (!validation) return;
  states.checkCount('fit, validation', validation.count, batchSize);
  const [B, judged] = [data, validation].map(({ count }) => Math.min(count, batchSize));
  if (B === judged) return;
  throw new SluiceError(
    'bad-shape',
    `fit: layer ${states.layers[0]} is stateful, and its batches of ${B} samples cannot be followed by a batch of ${judged} for ` +
      'validation; give as many, or a smaller batchSize',
  );
}

/** Model.fitDataset. */
export async function fitDataset(
  trained: Trained,
  dataset: BatchDataset,
  options: FitDatasetOptions,
): Promise<History> {
  const { stages } = trained;
  const compiled = stages.needCompiled('fitDataset');
  const settings = checkFitDatasetOptions(options);
  stages.idle('fitDataset');
  const built = stages.needBuilt();
  const signature = stages.signature(built);
  const all = feedOf('the dataset', dataset, signature, (data, batch) =>
    weighByClass(`fitDataset, ${batch}`, data, settings.classWeight, signature),
  );
  const feed = windowed(all, built, settings);
  const judge = judgeOf(stages, built, settings.validationData);
  built.passes.setWindow(windowFor('fitDataset', built, settings));
  return await run(trained, compiled, feed, judge, settings);
}

/** Model.trainOnBatch. */
export async function trainOnBatch(
  stages: Stages,
  x: Arrays,
  y: Arrays,
  sampleWeight: Arrays | undefined,
  classWeight: ClassWeight | undefined,
): Promise<Logs> {
  const compiled = stages.needCompiled('trainOnBatch');
  stages.idle('trainOnBatch');
  const built = stages.builtFor(x);
  const weights = settle('trainOnBatch', { classWeight }, { classWeight: classWeightRule });
  const arrays = stages.batches(built, '', x, y, sampleWeight);
  const given = weighByClass('trainOnBatch', arrays, weights.classWeight, stages.signature(built));
  const data = stages.gate.busy ? given.held() : given;
  // fit waits for steps that were called before it, and nobody may compile meanwhile
  return stages.gate.write(() => {
    built.passes.setWindow(undefined);
    stages.prepare(built, data.count, 0);
    const passes = stages.passes();
    const means = new Means(compiled);
    const batch = { data, order: undefined, from: 0, B: data.count };
    means.add(trainStep(passes, batch, compiled, 'in trainOnBatch'), passes, data.count);
    checkUpdated(passes, 'after trainOnBatch', 'movedAreFinite');
    return means.report();
  });
}

function run(
  { model, stages }: Trained,
  compiled: Compiled,
  feed: Feed,
  judge: Feed | undefined,
  settings: FitSettings,
): Promise<History> {
  const { gate, design } = stages;
  const trainable = {
    passes: () => stages.passes(),
    gate,
    model,
    seed: design.seed,
    compiled,
    movesStates: false,
  };
  return stages.fitting(settings.method, () => train(trainable, feed, judge, settings));
}

function judgeOf(
  stages: Stages,
  built: Built,
  given: FitDatasetOptions['validationData'],
): Feed | undefined {
  if (given === undefined) return undefined;
  const subject = 'validationData';
  if (isBatches(given)) return feedOf(subject, given, stages.signature(built));
  if (!isSamples(given) && !(Array.isArray(given) && given.length >= 2 && given.length <= 3)) {
    throw new SluiceError(
      'bad-option',
      `fitDataset: ${subject} must be batches { xs, ys }, [x, y] or Samples, but is ${shown(given)}`,
    );
  }
  return new BatchFeed(validationOf(stages, built, given), 32);
}

function validationOf(
  stages: Stages,
  built: Built,
  given: NonNullable<FitOptions['validationData']>,
): Batches {
  const [x, y, weights] = isSamples(given) ? [given] : given;
  return stages.batches(built, 'validationData ', x, y, weights).held();
}
