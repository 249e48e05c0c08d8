import {
  createStudy,
  journalFile,
  layers,
  loadModel,
  optimizers,
  RandomSampler,
  saveModel,
  sequential,
  tensor,
} from 'sluice/node';

const x = Float32Array.from({ length: 64 * 8 }, (_, i) => ((i * 37) % 64) / 64 - 0.5);
const y = Float32Array.from({ length: 64 }, (_, i) => x[i * 8] + x[i * 8 + 7]);
const inputs = tensor(x, [64, 8, 1]);

const model = sequential({
  layers: [layers.lstm({ units: 8, inputShape: [8, 1] }), layers.dense({ units: 1 })],
  seed: 1,
});
model.compile({ optimizer: optimizers.sgd({ learningRate: 0.1, momentum: 0.9 }), loss: 'mse' });
const { history } = await model.fit(inputs, tensor(y, [64, 1]), { epochs: 20 });
await saveModel(model, 'model.safetensors');
const loaded = await loadModel('model.safetensors');
const before = await model.predict(inputs);
const after = await loaded.predict(inputs);

const study = await createStudy({
  name: 'node',
  sampler: new RandomSampler({ seed: 1 }),
  storage: journalFile('study.log'),
});
await study.optimize({
  space: (t) => ({
    units: t.suggestInt('units', 4, 16, { log: true }),
    rate: t.suggestFloat('rate', 1e-3, 1e-1, { log: true }),
  }),
  worker: './objective.worker.js',
  data: { x, y },
  trials: 6,
  workers: 2,
});
const reopened = await createStudy({ name: 'node', storage: journalFile('study.log') });
console.log(
  JSON.stringify({
    firstLoss: history.loss[0],
    lastLoss: history.loss.at(-1),
    loadedEqual: before.data.every((value, i) => value === after.data[i]),
    states: study.trials.map((trial) => trial.state),
    journalTrials: reopened.trials.length,
  }),
);
