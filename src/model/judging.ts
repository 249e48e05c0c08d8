// What stands between the calls that leave a model's weights alone and the passes over all samples.
import type { Logs } from '../callbacks/callback.js';
import { SluiceError } from '../errors.js';
import type { Arrays } from './arrays.js';
import { checkInputs } from './dataset.js';
import { type BatchDataset, feedOf } from './dataset-stream.js';
import { evaluateAll, predictAll } from './evaluation.js';
import { BatchFeed } from './feed.js';
import { checkLoss, checkOutputs } from './finite.js';
import {
  checkEvaluateDatasetOptions,
  checkEvaluateOptions,
  checkPredictOptions,
  type EvaluateDatasetOptions,
  type EvaluateOptions,
  type PredictOptions,
} from './fit-options.js';
import { Interruption } from './interruption.js';
import { Breather } from './macrotask.js';
import type { Means } from './means.js';
import { isSamples, SampleBatches, type Samples } from './samples.js';
import type { Stages } from './stages.js';
import type { Tensor } from './tensor.js';

/** Model.evaluate. */
export async function evaluate(
  stages: Stages,
  x: Arrays | Samples,
  y: Arrays | undefined,
  options: EvaluateOptions,
): Promise<Logs> {
  const compiled = stages.needCompiled('evaluate');
  const { batchSize, sampleWeight } = checkEvaluateOptions(options);
  const built = stages.builtFor(x);
  const data = stages.batches(built, '', x, y, sampleWeight);
  built.passes.states?.checkCount('evaluate', data.count, batchSize);
  stages.prepare(built, 0, Math.min(batchSize, data.count));
  const feed = new BatchFeed(data, batchSize);
  return figuresOf(
    'evaluate',
    await stages.gate.read(() => evaluateAll(stages, compiled, feed, undefined, new Breather())),
  );
}

/** Model.evaluateDataset. */
export async function evaluateDataset(
  stages: Stages,
  dataset: BatchDataset,
  options: EvaluateDatasetOptions,
): Promise<Logs> {
  const compiled = stages.needCompiled('evaluateDataset');
  const { signal } = checkEvaluateDatasetOptions(options);
  const signature = stages.signature(stages.needBuilt());
  const feed = feedOf('the dataset', dataset, signature);
  try {
    return figuresOf(
      'evaluateDataset',
      await stages.gate.readStream(() =>
        evaluateAll(stages, compiled, feed, signal, new Breather()),
      ),
    );
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    throw new SluiceError('aborted', 'evaluateDataset was aborted by its signal', {
      cause: signal?.reason,
    });
  }
}

function figuresOf(what: string, means: Means): Logs {
  const logs = means.report();
  checkLoss(what, logs.loss);
  return logs;
}

/** Model.predict: a tensor for each output. */
export async function predict(
  stages: Stages,
  x: Arrays | Samples,
  options: PredictOptions,
): Promise<Tensor[]> {
  const { batchSize } = checkPredictOptions(options);
  const built = stages.builtFor(x);
  const data = isSamples(x)
    ? new SampleBatches(x, stages.signature(built), 'x')
    : checkInputs('x', x, stages.signature(built));
  const { count } = data;
  built.passes.states?.checkCount('predict', count, batchSize);
  stages.prepare(built, 0, Math.min(batchSize, count));
  const shapes = built.network.heads.map(({ port }) => port.shape);
  const arrays = await stages.gate.read(() => predictAll(stages, data, shapes, batchSize));
  const outputs = arrays.map((array, i) => ({ data: array, shape: [count, ...shapes[i]] }));
  for (const output of outputs) checkOutputs('predict', output);
  return outputs;
}
