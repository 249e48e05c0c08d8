// The objective of examples/tune.ts: builds and trains one model. It runs in a worker.
import { layers, optimizers, sequential, tensor } from 'sluice';
import { exposeObjective } from 'sluice/worker';

interface Params {
  units: number;
  rate: number;
  optimizer: 'adam' | 'sgd';
}
interface Data {
  x: Float32Array;
  y: Float32Array;
  window: number;
}

exposeObjective<Params, Data>(async (params, trial, data) => {
  const count = data.y.length;
  const model = sequential({
    layers: [
      layers.lstm({ units: params.units, inputShape: [data.window, 1] }),
      layers.dense({ units: 1 }),
    ],
    seed: 1,
    numerics: 'portable',
  });
  const optimizer =
    params.optimizer === 'adam'
      ? optimizers.adam({ learningRate: params.rate })
      : optimizers.sgd({ learningRate: params.rate, momentum: 0.9 });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const { history } = await model.fit(
    tensor(data.x, [count, data.window, 1]),
    tensor(data.y, [count, 1]),
    {
      epochs: 5,
      validationSplit: 0.25,
      signal: trial.signal,
      callbacks: [{ onEpochEnd: (epoch, logs) => trial.report(logs.val_loss!, epoch) }],
    },
  );
  model.dispose();
  return Math.min(...history.val_loss!);
});
