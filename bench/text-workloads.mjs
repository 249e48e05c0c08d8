/** A workload on whole numbers as a sluice model of the built package, with its fixed weights. */
import { layers, optimizers, sequential } from '../build/index.js';
import { ADAM } from './workload-list.mjs';

/** @param dropout in place of that of the workload */
export function buildTextModel(
  workload,
  tensors,
  numerics,
  threads = 1,
  dropout = workload.dropout,
) {
  const { T, vocabulary, words, both, lstm, outputs, steps } = workload;
  const model = sequential({
    layers: [
      layers.embedding({ inputDim: vocabulary, outputDim: words, inputShape: [T] }),
      ...both.map((units) => layers.bidirectional(layers.lstm({ units, returnSequences: true }))),
      ...(dropout > 0 ? [layers.dropout({ rate: dropout })] : []),
      ...lstm.map((units, i) =>
        layers.lstm({ units, returnSequences: steps || i < lstm.length - 1 }),
      ),
      layers.dense({ units: outputs, activation: 'softmax' }),
    ],
    numerics,
    threads,
  });
  model.compile({ optimizer: optimizers.adam(ADAM), loss: 'sparseCategoricalCrossentropy' });
  model.setWeights(tensors.weights);
  return model;
}
