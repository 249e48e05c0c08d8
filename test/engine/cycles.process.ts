// A process of its own for engine.node.test.ts: what thousands of models leave behind.
import { features, layers, sequential } from 'sluice';
import { liveEngines } from '../../src/engine/engine.js';

declare const gc: () => void;

const made = (numerics: 'fast' | 'portable') =>
  sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })], numerics });

/** Until garbage, and what waits for its end, is gone. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function residentAfter(cycles: number): Promise<number> {
  for (let i = 0; i < cycles; i++) {
    made(i % 2 === 0 ? 'fast' : 'portable').dispose();
    features();
  }
  await settle();
  return process.memoryUsage().rss;
}

// What leaks leaks each time; pages that the collector has yet to give back do not.
let bytesPerModel = Number.POSITIVE_INFINITY;
let before = await residentAfter(6000);
for (let attempt = 0; attempt < 4 && bytesPerModel >= 500; attempt++) {
  const after = await residentAfter(6000);
  bytesPerModel = (after - before) / 6000;
  before = after;
}
const afterCycles = liveEngines();

function forget(count: number): number {
  for (let i = 0; i < count; i++) made('portable');
  return liveEngines();
}
const whileHeld = forget(40);
await settle();
console.log(
  JSON.stringify({
    bytesPerModel,
    afterCycles,
    whileHeld,
    afterForgotten: liveEngines(),
  }),
);
