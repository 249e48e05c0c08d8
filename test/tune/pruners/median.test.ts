import { describe, expect, it } from 'vitest';
import { curveOf } from '../../../src/tune/curve.js';
import { MedianPruner } from '../../../src/tune/pruners/median.js';
import { decodeJson } from '../../../src/tune/storage/journal-codec.js';
import type { Direction, FrozenTrial } from '../../../src/tune/trial.js';
import { finishedTrial, prunerContract } from '../../contracts/pruner.js';
import text from '../../fixtures/optuna/pruner.json?raw';

interface Case {
  direction: Direction;
  options: Record<
    'n_startup_trials' | 'n_warmup_steps' | 'interval_steps' | 'n_min_trials',
    number
  >;
  history: { state: 'COMPLETE' | 'PRUNED' | 'FAIL'; intermediateValues: Record<number, number> }[];
  reports: { step: number; value: number; prune: boolean }[];
}

const cases = decodeJson(text) as Case[];

describe('MedianPruner', () => {
  prunerContract(() => new MedianPruner({ nStartupTrials: 1 }));

  it('decides as Optuna does on random histories', () => {
    for (const [index, { direction, options, history, reports }] of cases.entries()) {
      const pruner = new MedianPruner({
        nStartupTrials: options.n_startup_trials,
        nWarmupSteps: options.n_warmup_steps,
        intervalSteps: options.interval_steps,
        nMinTrials: options.n_min_trials,
      });
      const trials = history.map((trial, number) => finishedTrial({ number, ...trial }));
      const intermediateValues: Record<number, number> = {};
      const decisions = reports.map(({ step, value }) => {
        intermediateValues[step] = value;
        const candidate = { number: trials.length, intermediateValues };
        const decision = pruner.prune(trials, candidate, direction);
        const curve = curveOf(intermediateValues);
        expect(pruner.prune(trials, { ...candidate, curve }, direction)).toBe(decision);
        return decision;
      });
      expect({ index, decisions }).toEqual({ index, decisions: reports.map((r) => r.prune) });
    }
    expect(cases.flatMap((c) => c.reports).filter((r) => r.prune).length).toBeGreaterThan(100);
  });

  it('counts infinite values as the largest and smallest', () => {
    const history = (values: number[]): FrozenTrial[] =>
      values.map((value, number) => finishedTrial({ number, intermediateValues: { 0: value } }));
    const pruner = new MedianPruner({ nStartupTrials: 1 });
    const prune = (values: number[], own: number) =>
      pruner.prune(history(values), { number: 9, intermediateValues: { 0: own } }, 'minimize');
    expect(prune([1, 2, Infinity], 3)).toBe(true);
    expect(prune([1, 2, Infinity], 1.5)).toBe(false);
    expect(prune([1, Infinity], 1e300)).toBe(false);
    expect(prune([1, 2], Infinity)).toBe(true);
    expect(prune([-Infinity, 2, 3], 2.5)).toBe(true);
  });

  it.each([
    [{ nStartupTrials: -1 }, 'nStartupTrials must be an integer of at least 0, but got -1'],
    [{ nWarmupSteps: 0.5 }, 'nWarmupSteps must be an integer of at least 0, but got 0.5'],
    [{ intervalSteps: 0 }, 'intervalSteps must be a positive integer, but got 0'],
    [{ n_min_trials: 2 } as never, "no option 'n_min_trials'; it knows nStartupTrials"],
    [{ nMinTrials: Number.NaN }, 'nMinTrials must be a positive integer, but got NaN'],
  ])('refuses %o', (options, message) => {
    expect(() => new MedianPruner(options)).toThrow(message);
  });
});
