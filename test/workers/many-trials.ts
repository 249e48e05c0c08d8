// A program of its own: 200 trials on 16 slots, one signal for all, nothing left at the end.
import { createPool } from '../../src/workers/pool.js';

const pool = createPool({ worker: new URL(process.argv[2]), workers: 16 });
const { signal } = new AbortController();
const outcomes = await Promise.all(
  Array.from({ length: 200 }, (_, trial) =>
    pool.run({ trial, params: { kind: 'report', steps: 3 }, signal, report: () => false }),
  ),
);
await pool.close();
console.log(`${outcomes.filter((o) => o.state === 'complete').length} complete`);
