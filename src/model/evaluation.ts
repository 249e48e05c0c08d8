// Passes over many samples without training. The weights stand still meanwhile: steps wait
// (weight-gate), and where setWeights replaces them the pass begins again.
import { SluiceError } from '../errors.js';
import { floatsOf, type Shape } from '../layers/layer.js';
import { type Dataset, held, type Input } from './dataset.js';
import { checkSignal } from './interruption.js';
import { Breather } from './macrotask.js';
import { Means } from './means.js';
import type { Batch, Compiled, Runner } from './runner.js';

/** What a pass needs of the model. */
export interface Weights {
  /** Throws once the model is disposed of. */
  runner(): Runner;
  /** Counts how often the weights were replaced from outside. */
  readonly weightsVersion: number;
}

/** More often than this nobody replaces weights who wants an answer. */
const MOST_RESTARTS = 20;

/** Repeats a pass until it has seen one set of weights: it returns undefined where it has not. */
async function steadily<T>(
  weights: Weights,
  what: string,
  pass: (same: () => boolean) => Promise<T | undefined>,
): Promise<T> {
  for (let restarts = 0; restarts <= MOST_RESTARTS; restarts++) {
    const version = weights.weightsVersion;
    const result = await pass(() => weights.weightsVersion === version);
    if (result !== undefined) return result;
  }
  throw new SluiceError(
    'bad-option',
    `${what} began ${MOST_RESTARTS + 1} times, for setWeights of the same model was called each time ` +
      'while it ran; await it first',
  );
}

/** Outputs of every sample, one after the other. */
export function predictAll(
  weights: Weights,
  given: Input,
  outputShape: Shape,
  batchSize: number,
): Promise<Float32Array> {
  const { count } = given;
  const outputs = new Float32Array(count * floatsOf(outputShape));
  const breather = new Breather();
  let input = given;
  return steadily(weights, 'predict', async (same) => {
    for (let from = 0; from < count; from += batchSize) {
      weights.runner().predict(input.x, from, Math.min(batchSize, count - from), outputs);
      if (!breather.due) continue;
      input = held(input);
      await breather.breathe();
      if (!same()) return undefined;
    }
    return outputs;
  });
}

/** Loss and metrics over a dataset. */
export function evaluateAll(
  weights: Weights,
  compiled: Compiled,
  given: Dataset,
  batchSize: number,
  signal: AbortSignal | undefined,
  breather: Breather,
): Promise<Means> {
  let data = given;
  return steadily(weights, 'evaluate', async (same) => {
    const means = new Means(compiled);
    const batch: Batch = { data, order: undefined, from: 0, B: 0 };
    while (batch.from < data.count) {
      checkSignal(signal);
      batch.B = Math.min(batchSize, data.count - batch.from);
      const runner = weights.runner();
      means.add(runner.evaluate(batch), runner, batch.B);
      batch.from += batch.B;
      if (!breather.due) continue;
      data = batch.data = held(data);
      await breather.breathe();
      if (!same()) return undefined;
    }
    return means;
  });
}
