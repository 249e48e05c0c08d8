// A worker that trains the same model in one thread and in two, and tells both results.
import { layers, sequential } from 'sluice';
import { bitsOf, noise } from '../support/samples.js';

async function trained(threads: number) {
  const model = sequential({
    layers: [layers.lstm({ units: 90, inputShape: [7, 13] }), layers.dense({ units: 3 })],
    seed: 4,
    numerics: 'portable',
    threads,
  });
  model.compile({ optimizer: 'adam', loss: 'mse' });
  // the other thread comes up meanwhile
  await new Promise((resolve) => setTimeout(resolve, 500));
  await model.fit(noise(150, [7, 13], 3), noise(150, [3], 4), { epochs: 3, batchSize: 64 });
  const result = { threads: model.threads, weights: bitsOf(model.getWeights()) };
  model.dispose();
  return result;
}

postMessage([await trained(1), await trained(2)]);
