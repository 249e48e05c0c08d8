/** Peer process: `node tfjs.mjs wasm|cpu WORKLOAD SECONDS`. One thread, SIMD where it helps. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { runPeer } from './peer-protocol.mjs';
import { buildTfjsModel } from './tfjs-model.mjs';

const [backend, workload, seconds] = process.argv.slice(2);

await runPeer(workload, Number(seconds), async (description, tensors) => {
  if (backend === 'wasm') {
    const { setWasmPaths, setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
    const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${join(dirname(entry))}/`);
    setThreadsCount(1);
  } else {
    await import('@tensorflow/tfjs-backend-cpu');
  }
  if (!(await tf.setBackend(backend))) throw new Error(`backend ${backend} did not start`);
  await tf.ready();
  const model = buildTfjsModel(description, tensors.weights);
  const x = tf.tensor(tensors.x.data, tensors.x.shape);
  const y = tf.tensor(tensors.y.data, tensors.y.shape);
  return () => model.trainOnBatch(x, y);
});
