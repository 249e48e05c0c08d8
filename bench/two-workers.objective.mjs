/** The objective of two-workers.mjs: every trial costs the same. */
import { layers, optimizers, sequential, tensor } from '../build/index.js';
import { exposeObjective } from '../build/worker.js';

exposeObjective(async ({ rate }, trial, { x, y, rows, steps, features }) => {
  const model = sequential({
    layers: [layers.lstm({ units: 64, inputShape: [steps, features] }), layers.dense({ units: 1 })],
    seed: trial.seed,
  });
  model.compile({
    optimizer: optimizers.adam({ learningRate: rate }),
    loss: 'meanSquaredError',
  });
  const { history } = await model.fit(tensor(x, [rows, steps, features]), tensor(y, [rows, 1]), {
    epochs: 6,
    batchSize: 32,
    verbose: 0,
    callbacks: [{ onEpochEnd: (epoch, logs) => trial.report(logs.loss, epoch) }],
    signal: trial.signal,
  });
  model.dispose();
  return history.loss.at(-1);
});
