/** The configurations of study-configs.json, ten epochs each, two workers: `node sluice-study.mjs`. */
import { readFileSync } from 'node:fs';

const began = performance.now();
const { createStudy } = await import('../../build/node.js');
const [n, steps, features, outputs] = [3800, 28, 9, 7];
const configs = JSON.parse(readFileSync(new URL('study-configs.json', import.meta.url), 'utf8'));
const wave = (i) => Math.sin(i * 0.37) + 0.1 * Math.sin(i * 12.9898);
const x = Float32Array.from({ length: n * steps * features }, (_, i) => wave(i));
const y = Float32Array.from({ length: n * outputs }, (_, i) => Math.sin(i * 0.11));
let next = 0;
const study = await createStudy({ name: 's', direction: 'minimize' });
await study.optimize({
  space: () => configs[next++],
  worker: new URL('sluice-study.objective.mjs', import.meta.url),
  data: { x, y, shape: [n, steps, features], outputs },
  trials: configs.length,
  workers: 2,
});
const seconds = (performance.now() - began) / 1000;
const states = study.trials.map(({ state }) => state[0]).join('');
process.stdout.write(`${JSON.stringify({ seconds, states })}\n`);
