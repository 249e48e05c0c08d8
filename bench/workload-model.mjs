/** A workload as a sluice model of the built package, with its fixed weights. */
import { layers, optimizers, sequential } from '../build/index.js';
import { ADAM } from './workload-list.mjs';

export function buildModel(workload, tensors, numerics, threads = 1) {
  const { T, I, lstm, outputs, loss } = workload;
  const model = sequential({
    layers: [
      ...lstm.map((units, layer) =>
        layers.lstm({
          units,
          returnSequences: layer < lstm.length - 1,
          ...(layer === 0 ? { inputShape: [T, I] } : {}),
        }),
      ),
      layers.dense({
        units: outputs,
        activation: loss === 'meanSquaredError' ? 'linear' : 'softmax',
      }),
    ],
    numerics,
    threads,
  });
  model.compile({ optimizer: optimizers.adam(ADAM), loss });
  model.setWeights(tensors.weights);
  return model;
}
