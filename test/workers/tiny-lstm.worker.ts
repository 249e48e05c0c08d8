// A small LSTM on a wave, in portable numerics: the objective of tiny-study.ts.
import { layers, optimizers, sequential, tensor } from 'sluice';
import { exposeObjective } from 'sluice/worker';

interface Params {
  units: number;
  rate: number;
  optimizer: 'adam' | 'sgd';
  dropout: number;
}

interface Wave {
  x: Float32Array;
  y: Float32Array;
  steps: number;
}

exposeObjective(async ({ units, rate, optimizer, dropout }: Params, trial, wave: Wave) => {
  const { x, y, steps } = wave;
  const rows = y.length;
  const inputs = tensor(x, [rows, steps, 1]);
  const targets = tensor(y, [rows, 1]);
  const model = sequential({
    layers: [
      layers.lstm({ units, inputShape: [steps, 1] }),
      layers.dropout({ rate: dropout }),
      layers.dense({ units: 1, activation: 'tanh' }),
    ],
    seed: trial.seed,
    numerics: 'portable',
  });
  try {
    model.compile({
      optimizer:
        optimizer === 'adam'
          ? optimizers.adam({ learningRate: rate, globalClipNorm: 1 })
          : optimizers.sgd({ learningRate: rate, momentum: 0.9 }),
      loss: 'meanSquaredError',
    });
    await model.fit(inputs, targets, {
      epochs: 5,
      batchSize: 12,
      verbose: 0,
      validationSplit: 0.25,
      callbacks: [{ onEpochEnd: (epoch, logs) => trial.report(logs.val_loss, epoch) }],
      signal: trial.signal,
    });
    const { loss } = await model.evaluate(inputs, targets);
    return loss;
  } finally {
    model.dispose();
  }
});
