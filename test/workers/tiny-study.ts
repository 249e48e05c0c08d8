// A whole study whose every number must be the same with any number of workers, on any runtime.

import type { WorkerSource } from '../../src/tune/pool-options.js';
import { MedianPruner } from '../../src/tune/pruners/median.js';
import { RandomSampler } from '../../src/tune/samplers/random.js';
import { createStudy } from '../../src/workers/study.js';

export interface TrialRecord {
  number: number;
  state: string;
  value?: number;
  params: Record<string, unknown>;
  intermediateValues: Record<number, number>;
}

const STEPS = 9;
const ROWS = 61;

/** Values of a wave without the sine of the host, which differs from engine to engine. */
function wave(): { x: Float32Array; y: Float32Array; steps: number } {
  const at = (t: number) => Math.abs((t % 16) - 8) / 8 - 0.5 + (((t * 29) % 7) - 3) / 40;
  const x = Float32Array.from({ length: ROWS * STEPS }, (_, i) =>
    at(Math.floor(i / STEPS) + (i % STEPS)),
  );
  const y = Float32Array.from({ length: ROWS }, (_, row) => at(row + STEPS));
  return { x, y, steps: STEPS };
}

/** Runs the study and returns its trials in order of their numbers. */
export async function runTinyStudy(worker: WorkerSource, workers: number): Promise<TrialRecord[]> {
  const study = await createStudy({
    name: `tiny with ${workers}`,
    sampler: new RandomSampler({ seed: 11 }),
    pruner: new MedianPruner({ nStartupTrials: 3, nWarmupSteps: 1 }),
  });
  await study.optimize({
    space: (t) => ({
      units: t.suggestInt('units', 2, 24, { log: true }),
      rate: t.suggestFloat('rate', 1e-4, 1e-1, { log: true }),
      optimizer: t.suggestCategorical('optimizer', ['adam', 'sgd']),
      dropout: t.suggestFloat('dropout', 0, 0.4),
    }),
    worker,
    data: wave(),
    trials: 24,
    workers,
  });
  return study.trials.map(({ number, state, value, params, intermediateValues }) => ({
    number,
    state,
    value,
    params,
    intermediateValues: { ...intermediateValues },
  }));
}
