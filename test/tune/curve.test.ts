import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { Curve, curveOf } from '../../src/tune/curve.js';
import { JudgedTrial } from '../../src/tune/judged-trial.js';
import { MedianPruner } from '../../src/tune/pruners/median.js';
import type { PruneCandidate } from '../../src/tune/pruners/pruner.js';
import { finishedTrial } from '../contracts/pruner.js';

/** Steps in random order, every fifth value NaN. */
function reports(seed: number, count: number): [step: number, value: number][] {
  const random = new Random(seed);
  const steps = random.permutation(count * 2).slice(0, count);
  return Array.from(steps, (step) => [
    step,
    random.uniform() < 0.2 ? Number.NaN : random.uniform() - 0.5,
  ]);
}

describe('a curve', () => {
  it('sums up what was reported, in any order', () => {
    for (let seed = 0; seed < 50; seed++) {
      const curve = new Curve();
      const taken: Record<number, number> = {};
      for (const [step, value] of reports(seed, 12)) {
        curve.add(step, value);
        taken[step] = value;
        const steps = Object.keys(taken).map(Number);
        const values = Object.values(taken).filter((v) => !Number.isNaN(v));
        const [lastStep, stepBefore = -1] = steps.sort((a, b) => b - a);
        const some = values.length > 0;
        const expected = {
          lastStep,
          stepBefore,
          smallest: some ? Math.min(...values) : Number.NaN,
          largest: some ? Math.max(...values) : Number.NaN,
        };
        expect({ ...curve }).toEqual(expected);
        expect({ ...curveOf(taken) }).toEqual(expected);
      }
    }
    expect({ ...curveOf({}) }).toEqual({
      lastStep: -1,
      stepBefore: -1,
      smallest: Number.NaN,
      largest: Number.NaN,
    });
  });

  it('spares the pruner the look at every value', () => {
    const history = [finishedTrial({ intermediateValues: { 3: 1 } })];
    const pruner = new MedianPruner({ nStartupTrials: 1 });
    for (const [value, prune] of [
      [2, true],
      [0.5, false],
    ] as const) {
      const candidate = {
        number: 1,
        get intermediateValues(): never {
          throw new Error('it was read');
        },
        curve: curveOf({ 0: value + 1, 1: value, 2: Number.NaN, 3: value }),
      };
      expect(pruner.prune(history, candidate, 'minimize')).toBe(prune);
    }
  });

  it('gives a pruned trial the value of its last step, however large that is', () => {
    const last: PruneCandidate[] = [];
    const pruner = {
      prune: (_: unknown, candidate: PruneCandidate) => last.push(candidate) === 3,
    };
    const trial = new JudgedTrial(0, [], pruner, ['minimize']);
    expect(trial.report(1, 2 ** 40)).toBe('kept');
    expect(trial.report(2, 2 ** 33)).toBe('kept');
    expect(trial.report(3, 5)).toBe('pruned');
    expect(trial.end({ state: 'pruned' })).toEqual({ state: 'PRUNED', values: [1] });
    expect(last.at(-1)?.curve).toMatchObject({ lastStep: 2 ** 40, stepBefore: 2 ** 33 });
  });
});
