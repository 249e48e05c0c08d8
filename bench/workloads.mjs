/**
 * Whole training steps of the workloads, those on text too, through the public API of the built package:
 * trainOnBatch, that is input copy, forward, BPTT, Adam and the loss back. Both builds, each
 * figure beside the register-only multiply-add ceiling taken between its steps.
 *
 *     node bench/workloads.mjs [--seconds 2] [--only W1,W2]
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { seconds as positive, readFlags, someOf } from './flags.mjs';
import { allowRelaxedSimd, ceilingOf, formatMs, table, timeSteps, wide } from './measure.mjs';
import { makeTextTensors, TEXT_WORKLOADS, textFlops } from './text-list.mjs';
import { makeTensors, pickWorkloads, usefulFlops, WORKLOADS } from './workload-list.mjs';

/** The exports of a kernel module, for its ceiling; undefined where the runtime refuses it. */
function loadKernels(file) {
  const bytes = readFileSync(new URL(`../build/${file}`, import.meta.url));
  if (!WebAssembly.validate(bytes)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: new WebAssembly.Memory({ initial: 2 }) },
  });
  exports.setWide(wide);
  return exports;
}

/** A workload's model with its data; the package is imported only now, for a flag of the runtime comes before it. */
async function ready(workload, numerics) {
  if (workload.vocabulary !== undefined) {
    const { buildTextModel } = await import('./text-workloads.mjs');
    const tensors = makeTextTensors(workload);
    return {
      tensors,
      model: buildTextModel(workload, tensors, numerics),
      flops: textFlops(workload),
    };
  }
  const { buildModel } = await import('./workload-model.mjs');
  const tensors = makeTensors(workload);
  const model = buildModel(workload, tensors, numerics);
  return { tensors, model, flops: usefulFlops(workload) };
}

async function measureWorkload(workload, numerics, kernels, seconds) {
  const { tensors, model, flops } = await ready(workload, numerics);
  const step = () => model.trainOnBatch(tensors.x, tensors.y);
  const losses = [];
  for (let warm = 0; warm < 3; warm++) losses.push((await step()).loss);
  const ceiling = ceilingOf(kernels);
  const { best, median, steps } = await timeSteps(step, { seconds, between: ceiling.sample });
  const { build } = model;
  model.dispose();
  const gflops = flops / best / 1e6;
  return {
    workload: workload.name,
    losses,
    build,
    best,
    median,
    steps,
    gflops,
    ceiling: ceiling.best(),
  };
}

/** Two builds that round differently must still train alike; a time of anything else is void. */
function checkLosses(fast, portable) {
  fast.losses.forEach((loss, step) => {
    const other = portable.losses[step];
    if (Math.abs(loss - other) <= 1e-4 * Math.abs(other)) return;
    throw new Error(`${fast.workload}: loss ${step + 1} is ${loss} (fast), ${other} (portable)`);
  });
}

/** Measures the workloads in both builds; `only` lists some by name. */
export async function measureWorkloads({ seconds = 2, only } = {}) {
  allowRelaxedSimd();
  const kernels = loadKernels('sluice-relaxed.wasm') ?? loadKernels('sluice.wasm');
  const results = [];
  for (const workload of pickWorkloads(only, [...WORKLOADS, ...TEXT_WORKLOADS])) {
    const pair = [];
    for (const numerics of ['fast', 'portable']) {
      pair.push(await measureWorkload(workload, numerics, kernels, seconds));
    }
    checkLosses(...pair);
    results.push(...pair);
  }
  return results;
}

export function workloadTable(results) {
  const head = ['', 'build', 'best ms', 'median ms', 'steps', 'GFLOP/s', 'ceiling', 'share'];
  const rows = results.map(({ workload, build, best, median, steps, gflops, ceiling }) => [
    workload,
    build,
    formatMs(best),
    formatMs(median),
    steps,
    gflops.toFixed(1),
    ceiling.toFixed(1),
    `${((100 * gflops) / ceiling).toFixed(0)} %`,
  ]);
  return table(head, rows);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = [...WORKLOADS, ...TEXT_WORKLOADS].map(({ name }) => name);
  const { seconds, only } = readFlags({ seconds: positive(2), only: someOf(names) });
  console.log('Whole training steps through the public API (no dX in the first layer)\n');
  const results = await measureWorkloads({ seconds, only });
  console.log(`${workloadTable(results)}\n`);
}
