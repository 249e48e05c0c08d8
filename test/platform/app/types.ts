import {
  type Callback,
  callbacks,
  createStudy,
  FitAborted,
  type FrozenTrial,
  model as graph,
  input,
  layers,
  loadState,
  memoryArtifactStore,
  optimizers,
  RandomSampler,
  saveState,
  sequential,
  type Tensor,
  tensor,
} from 'sluice';
import { fileSystemArtifactStore, journalFile, loadModel, saveModel } from 'sluice/node';
import { exposeObjective } from 'sluice/worker';

const model = sequential({
  layers: [
    layers.lstm({ units: 4, returnSequences: true, inputShape: [3, 2] }),
    layers.dropout({ rate: 0.2 }),
    layers.lstm({ units: 4 }),
    layers.dense({ units: 1, activation: 'tanh' }),
  ],
  seed: 1,
  numerics: 'portable',
});
model.compile({
  optimizer: optimizers.adam({ learningRate: 1e-3 }),
  loss: 'meanSquaredError',
  metrics: ['mae'],
});
const x = tensor(new Float32Array(12), [2, 3, 2]);
const y = tensor([[0], [1]]);
// the loss is always there, other figures where they were asked for
const note: Callback = {
  onEpochEnd(_epoch, logs) {
    const figures: [number, number | undefined] = [logs.loss, logs.val_loss];
    console.log(figures);
  },
};
const { history } = await model.fit(x, y, {
  epochs: 1,
  validationData: [x, y],
  verbose: true,
  callbacks: [note, callbacks.earlyStopping({ baseline: 1, startFromEpoch: undefined })],
});
const first: number | undefined = history.loss[0];
const losses: number[] = history.loss;
const accuracies: number[] | undefined = history.accuracy;
try {
  await model.fit([Float32Array.of(1, 2)], y, { signal: AbortSignal.abort() });
} catch (error) {
  if (error instanceof FitAborted) console.log(error.history.history.loss.at(-1));
}
const { loss, mae } = await model.evaluate(x, y);
const total: number = loss + (mae ?? 0) + losses.length;
console.log(first, accuracies);
const forecast = await model.predict(x);
const values: Float32Array = forecast.data;
await saveModel(model, 'model.safetensors');
const loaded = await loadModel('model.safetensors');
model.setWeights(loaded.getWeights());

const study = await createStudy({
  name: 'types',
  direction: 'minimize',
  sampler: new RandomSampler({ seed: 1 }),
  storage: journalFile('study.log'),
});
await study.optimize({
  space: (t) => ({
    units: t.suggestInt('units', 1, 2),
    kind: t.suggestCategorical('kind', ['adam', 'sgd']),
  }),
  worker: new URL('./worker.js', import.meta.url),
  data: { values, total },
  trials: 1,
});
const best: FrozenTrial = study.bestTrial;
const params = best.params;
exposeObjective(async (_params, trial, _data) => {
  await trial.report(1, 0);
  return 1;
});

const today = input({ shape: [3, 2], name: 'today' });
const reader = layers.gru({ units: 4, resetAfter: false });
const read = reader.apply(today);
const several = graph({
  inputs: [today],
  outputs: [layers.dense({ units: 1 }).apply(read), layers.dense({ units: 2 }).apply(read)],
});
reader.trainable = false;
several.trainable = true;
const [one, other] = await (await loadModel<unknown, [Tensor, Tensor]>('s')).predict(x);
several.compile({ optimizer: 'adam', loss: 'mse' });
await several.fitDataset([{ xs: x, ys: [y, tensor([[0, 1]])], sampleWeight: Float32Array.of(1) }]);
const [level, trend] = await several.predict(x);
const both: Tensor[] = [level, trend];
const state: Uint8Array = saveState(several);
loadState(several, state);
const alone = graph({ inputs: today, outputs: read });
const single: Tensor = await alone.predict(x);

const two = await createStudy({
  directions: ['minimize', 'maximize'],
  artifactStore: memoryArtifactStore(),
});
const front: readonly FrozenTrial[] = two.bestTrials;
console.log(one, other, both, single, front[0]?.values, fileSystemArtifactStore('checkpoints'));

// @ts-expect-error units is a number
layers.lstm({ units: '4' });
// @ts-expect-error an option that does not exist
layers.lstm({ units: 4, unrolled: true });

export { params };
