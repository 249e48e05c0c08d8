/**
 * What a peer process does: three steps whose losses the driver compares, then timing.
 * It prints one line of JSON: { losses, best, median, steps } or { error }.
 */
import { readFileSync } from 'node:fs';
import { timeSteps } from '../measure.mjs';
import { makeTensors, WORKLOADS } from '../workload-list.mjs';

export const CHECKED_STEPS = 3;
/** A slow peer may take this many times the seconds that a workload is given. */
const PATIENCE = 5;

/** `prepare(workload, tensors)` resolves to a step function that resolves to its loss. */
export async function runPeer(name, seconds, prepare) {
  const workload = WORKLOADS.find((candidate) => candidate.name === name);
  const answer = await measurePeer(workload, seconds, prepare).catch((error) => ({
    error: String(error.message ?? error).split('\n')[0],
  }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function measurePeer(workload, seconds, prepare) {
  const step = await prepare(workload, makeTensors(workload));
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
  return { losses, ...(await timeSteps(step, { seconds, least: slow ? 1 : 3 })) };
}

/** The version of an installed package, for the table. */
export function packageVersion(name) {
  const url = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).version;
}
