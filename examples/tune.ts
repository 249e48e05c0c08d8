// Tunes the model of objective.worker.ts on a noisy wave, two trials at a time, and keeps the
// study in a file: run it again and it goes on; Optuna reads the same file.
import { createStudy, journalFile, MedianPruner, RandomSampler } from 'sluice/node';

const window = 16;
const wave = Float32Array.from(
  { length: 400 },
  (_, i) => (((i * i) % 31) / 31 - 0.5) * 0.2 + ((i % 12) / 6 - 1),
);
const count = wave.length - window;
const x = new Float32Array(count * window);
for (let i = 0; i < count; i++) x.set(wave.subarray(i, i + window), i * window);
const y = wave.slice(window);

const study = await createStudy({
  name: 'wave',
  direction: 'minimize',
  sampler: new RandomSampler({ seed: 1 }),
  pruner: new MedianPruner(),
  storage: journalFile('wave.log'),
});
await study.optimize({
  space: (t) => ({
    units: t.suggestInt('units', 4, 32, { log: true }),
    rate: t.suggestFloat('rate', 1e-3, 1e-1, { log: true }),
    optimizer: t.suggestCategorical('optimizer', ['adam', 'sgd']),
  }),
  worker: new URL('./objective.worker.js', import.meta.url),
  data: { x, y, window },
  trials: 8,
  workers: 2,
});
console.log(study.bestTrial.number, study.bestValue, study.bestParams);
