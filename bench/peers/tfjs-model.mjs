/** A workload as a TensorFlow.js model with its fixed weights, in Node and in a page. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';
import { ADAM } from '../workload-list.mjs';

/** Keras's defaults, which are not all those of TensorFlow.js; weights are set afterwards. */
export function buildTfjsModel({ T, I, lstm, outputs, loss }, weights) {
  const model = tfLayers.sequential();
  lstm.forEach((units, layer) => {
    model.add(
      tfLayers.layers.lstm({
        units,
        recurrentActivation: 'sigmoid',
        returnSequences: layer < lstm.length - 1,
        // Orthogonal initialisation takes tfjs long and is overwritten below.
        recurrentInitializer: 'zeros',
        ...(layer === 0 ? { inputShape: [T, I] } : {}),
      }),
    );
  });
  const activation = loss === 'meanSquaredError' ? 'linear' : 'softmax';
  model.add(tfLayers.layers.dense({ units: outputs, activation }));
  const { learningRate, beta1, beta2, epsilon } = ADAM;
  model.compile({ optimizer: tf.train.adam(learningRate, beta1, beta2, epsilon), loss });
  model.setWeights(weights.map(({ data, shape }) => tf.tensor(data, shape)));
  return model;
}
