/**
 * What a peer process does: three steps whose losses the driver compares, then timing. Where a workload has dropout, the
 * losses are those without, and what is timed begins anew with it.
 * It prints one line of JSON: { losses, best, median, steps } or { error }.
 */
import { readFileSync } from 'node:fs';
import { timeSteps } from '../measure.mjs';
import { makeTextTensors, TEXT_WORKLOADS, textFlops } from '../text-list.mjs';
import { makeTensors, usefulFlops, WORKLOADS } from '../workload-list.mjs';

export const CHECKED_STEPS = 3;
/** A slow peer may take this many times the seconds that a workload is given. */
const PATIENCE = 5;

export const ALL_WORKLOADS = [...WORKLOADS, ...TEXT_WORKLOADS];
export const isText = (workload) => workload.vocabulary !== undefined;
export const tensorsOf = (workload) => (isText(workload) ? makeTextTensors : makeTensors)(workload);
export const flopsOf = (workload) => (isText(workload) ? textFlops : usefulFlops)(workload);

/** `prepare(workload, tensors, dropout)` resolves to a step function that resolves to its loss. */
export async function runPeer(name, seconds, prepare) {
  const workload = ALL_WORKLOADS.find((candidate) => candidate.name === name);
  const answer = await measurePeer(workload, seconds, prepare).catch((error) => ({
    error: String(error.message ?? error).split('\n')[0],
  }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function measurePeer(workload, seconds, prepare) {
  const tensors = tensorsOf(workload);
  const step = await prepare(workload, tensors, 0);
  const losses = [];
  const start = performance.now();
  let last = 0;
  for (let count = 0; count < CHECKED_STEPS; count++) {
    const before = performance.now();
    losses.push(await step());
    last = performance.now() - before;
    // A peer this slow is timed by its last step, and by no more of them.
    const elapsed = performance.now() - start;
    if (elapsed + last > PATIENCE * 1000 * seconds) {
      return { losses, best: last, median: last, steps: losses.length };
    }
  }
  const slow = 3 * last > PATIENCE * 1000 * seconds - (performance.now() - start);
  const timed = workload.dropout ? await prepare(workload, tensors, workload.dropout) : step;
  return { losses, ...(await timeSteps(timed, { seconds, least: slow ? 1 : 3 })) };
}

/** The version of an installed package, for the table. */
export function packageVersion(name) {
  const url = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).version;
}
