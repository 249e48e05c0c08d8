/** The page of browser.mjs: a workload in sluice or in TensorFlow.js on Wasm, timed where it runs. */
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { makeTensors, pickWorkloads } from '../workload-list.mjs';
import { buildModel } from '../workload-model.mjs';
import { buildTfjsModel } from './tfjs-model.mjs';

async function stepOf(library, workload) {
  const tensors = makeTensors(workload);
  if (library === 'sluice') {
    const model = buildModel(workload, tensors, 'fast');
    return async () => (await model.trainOnBatch(tensors.x, tensors.y)).loss;
  }
  setWasmPaths('/tfjs/');
  setThreadsCount(1);
  await tf.setBackend('wasm');
  await tf.ready();
  const model = buildTfjsModel(workload, tensors.weights);
  const [x, y] = [tensors.x, tensors.y].map(({ data, shape }) => tf.tensor(data, shape));
  return () => model.trainOnBatch(x, y);
}

/** Losses of the first steps, and the best of those that fit into so many seconds. */
globalThis.measure = async (library, name, seconds) => {
  const [workload] = pickWorkloads([name]);
  const step = await stepOf(library, workload);
  const losses = [];
  let best = Number.POSITIVE_INFINITY;
  const stop = performance.now() + 1000 * seconds;
  while (losses.length < 3 || performance.now() < stop) {
    const start = performance.now();
    const loss = await step();
    best = Math.min(best, performance.now() - start);
    if (losses.length < 3) losses.push(loss);
    // a library this slow is timed by its first steps
    if (best > 3000 && losses.length > 1) break;
  }
  return { losses, best };
};
