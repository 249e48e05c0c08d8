/** Inference of W2 and W3: best ms at batch 1, at batch 32, and a step of a stream. */
import { layers, sequential } from '../../build/index.js';
import { allowRelaxedSimd, timeSteps } from '../measure.mjs';
import { WORKLOADS } from '../workload-list.mjs';

allowRelaxedSimd();
const STEPS = 1000;
for (const { name, T, I, lstm, outputs } of WORKLOADS.filter((one) => /W[23]/.test(one.name))) {
  const model = sequential({
    layers: [
      ...lstm.map((units, i) =>
        layers.lstm({
          units,
          returnSequences: i < lstm.length - 1,
          ...(i === 0 ? { inputShape: [T, I] } : {}),
        }),
      ),
      layers.dense({ units: outputs }),
    ],
  });
  const answer = { workload: name };
  const values = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i));
  for (const B of [1, 32]) {
    const x = { data: values(B * T * I), shape: [B, T, I] };
    const { best } = await timeSteps(() => model.predict(x), { seconds: 2, most: 1e6 });
    answer[`batch${B}`] = best;
  }
  const stream = model.stream();
  const x = values(I);
  const many = () => {
    for (let n = 0; n < STEPS; n++) stream.step(x);
  };
  answer.step = (await timeSteps(many, { seconds: 2, most: 1e6 })).best / STEPS;
  model.dispose();
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
