import { layers, optimizers, sequential, tensor } from 'sluice';
import { exposeObjective } from 'sluice/worker';

exposeObjective(async (params, trial, data) => {
  const model = sequential({
    layers: [layers.lstm({ units: params.units, inputShape: [8, 1] }), layers.dense({ units: 1 })],
    seed: 7,
    numerics: 'portable',
  });
  model.compile({
    optimizer: optimizers.adam({ learningRate: params.rate }),
    loss: 'meanSquaredError',
  });
  const { history } = await model.fit(tensor(data.x, [64, 8, 1]), tensor(data.y, [64, 1]), {
    epochs: 4,
    callbacks: [{ onEpochEnd: (epoch, logs) => trial.report(logs.loss, epoch) }],
    signal: trial.signal,
  });
  model.dispose();
  return history.loss.at(-1);
});
