import { createStudy, RandomSampler } from 'sluice';

const x = Float32Array.from({ length: 64 * 8 }, (_, i) => ((i * 37) % 64) / 64 - 0.5);
const y = Float32Array.from({ length: 64 }, (_, i) => x[i * 8] + x[i * 8 + 7]);

const study = await createStudy({ name: 'page', sampler: new RandomSampler({ seed: 1 }) });
await study.optimize({
  space: (t) => ({
    units: t.suggestInt('units', 4, 16, { log: true }),
    rate: t.suggestFloat('rate', 1e-3, 1e-1, { log: true }),
  }),
  worker: new URL('./objective.worker.js', import.meta.url),
  data: { x, y },
  trials: 6,
  workers: 1,
});
console.log(JSON.stringify({ portable: study.trials.map((trial) => [trial.params, trial.value]) }));
