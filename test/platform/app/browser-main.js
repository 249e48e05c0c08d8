import { createStudy, layers, RandomSampler, sequential, tensor } from 'sluice';

const x = Float32Array.from({ length: 64 * 8 }, (_, i) => ((i * 37) % 64) / 64 - 0.5);
const y = Float32Array.from({ length: 64 }, (_, i) => x[i * 8] + x[i * 8 + 7]);

const model = sequential({
  layers: [layers.lstm({ units: 8, inputShape: [8, 1] }), layers.dense({ units: 1 })],
  seed: 1,
});
model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
const { history } = await model.fit(tensor(x, [64, 8, 1]), tensor(y, [64, 1]), { epochs: 20 });

const study = await createStudy({ name: 'page', sampler: new RandomSampler({ seed: 1 }) });
await study.optimize({
  space: (t) => ({
    units: t.suggestInt('units', 4, 16, { log: true }),
    rate: t.suggestFloat('rate', 1e-3, 1e-1, { log: true }),
  }),
  worker: () => new Worker(new URL('./objective.worker.js', import.meta.url), { type: 'module' }),
  data: { x, y },
  trials: 6,
  workers: 2,
});
globalThis.__result = {
  firstLoss: history.loss[0],
  lastLoss: history.loss.at(-1),
  states: study.trials.map((trial) => trial.state),
  portable: study.trials.map((trial) => [trial.params, trial.value]),
};
