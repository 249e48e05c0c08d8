/** Peer process: `node tfjs.mjs wasm|cpu WORKLOAD SECONDS`. One thread, SIMD where it helps. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';
import { ADAM } from '../workload-list.mjs';
import { runPeer } from './peer-protocol.mjs';

const [backend, workload, seconds] = process.argv.slice(2);

/** Keras's defaults, which are not all those of TensorFlow.js; weights are set afterwards. */
function buildModel({ T, I, lstm, outputs, loss }, weights) {
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

await runPeer(workload, Number(seconds), async (description, tensors) => {
  if (backend === 'wasm') {
    const { setWasmPaths, setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
    const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${join(dirname(entry))}/`);
    setThreadsCount(1);
  } else {
    await import('@tensorflow/tfjs-backend-cpu');
  }
  if (!(await tf.setBackend(backend))) throw new Error(`backend ${backend} did not start`);
  await tf.ready();
  const model = buildModel(description, tensors.weights);
  const x = tf.tensor(tensors.x.data, tensors.x.shape);
  const y = tf.tensor(tensors.y.data, tensors.y.shape);
  return () => model.trainOnBatch(x, y);
});
