/**
 * Run in a process of its own: three trials that each train a small LSTM for ten epochs. argv: the
 * journal, the folder of artifacts, and 'trial.epoch' in which the process kills itself, or 'never'.
 */
import { layers, loadState, saveState, sequential, toBytes } from '../../../src/node.js';
import { Random } from '../../../src/random.js';
import { fileSystemArtifactStore } from '../../../src/tune/artifacts/file-system.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { studyFactory } from '../../../src/tune/study.js';

const [journal, folder, when] = process.argv.slice(2);
const random = new Random(4);
const noise = (shape: number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform() - 0.5),
  shape,
});
const [x, y] = [noise([40, 6, 2]), noise([40, 1])];

/** The epoch under way. */
let current = '';

const study = await studyFactory()({
  name: 'epochs',
  storage: journalFile(journal),
  artifactStore: fileSystemArtifactStore(folder),
});
await study.optimize({
  space: (t) => ({ rate: t.suggestFloat('rate', 1e-3, 1e-1, { log: true }) }),
  objective: async ({ rate }, trial) => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 5, inputShape: [6, 2] }),
        layers.dropout({ rate: 0.2 }),
        layers.dense({ units: 1 }),
      ],
      seed: trial.seed,
      numerics: 'portable',
    });
    model.compile({ optimizer: 'adam', loss: 'mse' });
    model.optimizer.learningRate = rate;
    if (trial.checkpoint) loadState(model, trial.checkpoint.bytes);
    const initialEpoch = (trial.checkpoint?.step ?? -1) + 1;
    let loss = 0;
    await model.fit(x, y, {
      epochs: 10,
      initialEpoch,
      batchSize: 8,
      callbacks: {
        onEpochBegin: (epoch: number) => console.log(`${trial.place}.${epoch}`),
        onBatchEnd(batch: number) {
          if (batch === 2 && current === when) process.kill(process.pid, 'SIGKILL');
        },
        async onEpochEnd(epoch: number, logs: { loss: number }) {
          loss = logs.loss;
          current = `${trial.place}.${epoch + 1}`;
          await trial.report(loss, epoch);
          await trial.save(saveState(model), epoch);
        },
      },
    });
    console.log(`weights ${trial.place} ${Buffer.from(toBytes(model)).toString('base64')}`);
    return loss;
  },
  totalTrials: 3,
});
console.log(JSON.stringify(study.trials.map(({ state, values }) => [state, values])));
