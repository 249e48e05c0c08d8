import { layers, optimizers, sequential, tensor } from '../../build/index.js';
import { exposeObjective } from '../../build/worker.js';

exposeObjective(async (params, _trial, { x, y, shape, outputs }) => {
  const [n, ...inputShape] = shape;
  const stack = Array.from({ length: params.layers }, (_, k) => [
    layers.lstm({
      units: params.units,
      returnSequences: k < params.layers - 1,
      ...(k === 0 ? { inputShape } : {}),
    }),
    layers.dropout({ rate: params.dropout }),
  ]).flat();
  const stackWithHead = [...stack, layers.dense({ units: outputs })];
  // the last trial goes on with the core of the one before it
  const model = sequential({ layers: stackWithHead, seed: 1, threads: 2 });
  model.compile({ optimizer: optimizers.adam({ learningRate: params.rate }), loss: 'mse' });
  const data = [tensor(x, shape), tensor(y, [n, outputs])];
  const { history } = await model.fit(...data, { batchSize: params.batch, epochs: 10 });
  model.dispose();
  return history.loss.at(-1);
});
