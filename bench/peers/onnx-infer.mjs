/** Inference of W2 and W3 in onnxruntime, one thread: `node onnx-infer.mjs node|web FOLDER`, see onnx_models.py; web is Wasm. */
import { readFileSync } from 'node:fs';
import { timeSteps } from '../measure.mjs';

const [which, folder] = process.argv.slice(2);
const ort = await import(which === 'web' ? 'onnxruntime-web' : 'onnxruntime-node');
if (which === 'web') ort.env.wasm.numThreads = 1;
const values = (...shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return new ort.Tensor(
    'float32',
    Float32Array.from({ length }, (_, i) => Math.sin(i)),
    shape,
  );
};
for (const [name, inputs, cells] of [
  ['W2', 16, [64]],
  ['W3', 64, [128, 128]],
]) {
  const session = await ort.InferenceSession.create(
    new Uint8Array(readFileSync(`${folder}/${name}.onnx`)),
    {
      ...(which === 'web' ? { executionProviders: ['wasm'] } : {}),
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    },
  );
  const answer = { workload: name };
  const feeds = (B, T) => ({
    x: values(T, B, inputs),
    ...Object.fromEntries(
      cells.flatMap((units, n) => ['h', 'c'].map((s) => [`${s}${n}`, values(1, B, units)])),
    ),
  });
  for (const [key, B, T] of [
    ['batch1', 1, 100],
    ['batch32', 32, 100],
    ['step', 1, 1],
  ]) {
    const given = feeds(B, T);
    const { best } = await timeSteps(() => session.run(given), { seconds: 2, most: 1e6 });
    answer[key] = best;
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
