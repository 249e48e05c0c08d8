/** What every pruner must do. Call it from the pruner's own test. */
import { expect, it } from 'vitest';
import { deepFreeze } from '../../src/frozen.js';
import type { Pruner } from '../../src/tune/pruners/pruner.js';
import type { FrozenTrial } from '../../src/tune/trial.js';

export function finishedTrial(parts: Partial<FrozenTrial>): FrozenTrial {
  return deepFreeze({
    number: 0,
    state: 'COMPLETE' as const,
    value: 0,
    params: {},
    distributions: {},
    intermediateValues: {},
    userAttrs: {},
    systemAttrs: {},
    datetimeStart: new Date(0),
    datetimeComplete: new Date(1),
    ...parts,
  });
}

const history = [1, 2, 3, Number.NaN, Infinity].map((value, number) =>
  finishedTrial({ number, value, intermediateValues: { 0: value, 2: value / 2, 7: -value } }),
);
const states = (['COMPLETE', 'PRUNED', 'FAIL'] as const).map((state, number) =>
  finishedTrial({ number, state, value: undefined, intermediateValues: { 0: 1 } }),
);

/** @param make a pruner as ready to prune as its options allow */
export function prunerContract(make: () => Pruner): void {
  it('keeps the first trial of a study, and one that has reported nothing', () => {
    for (const direction of ['minimize', 'maximize'] as const) {
      expect(make().prune([], { number: 0, intermediateValues: { 0: 1 } }, direction)).toBe(false);
      expect(make().prune(history, { number: 5, intermediateValues: {} }, direction)).toBe(false);
    }
  });

  it('decides by what it is given alone: same question, same answer', () => {
    const pruner = make();
    const questions = [0.5, 1.5, 2.5, 99, -99, Number.NaN, Infinity, -Infinity].flatMap((value) =>
      ([history, states] as const).map((seen) => ({ seen, intermediateValues: { 0: value } })),
    );
    const ask = (p: Pruner) =>
      questions.map(({ seen, intermediateValues }) =>
        p.prune(seen, { number: 9, intermediateValues }, 'minimize'),
      );
    const answers = ask(pruner);
    expect(ask(pruner)).toEqual(answers);
    expect(ask(make())).toEqual(answers);
    expect(answers.every((answer) => typeof answer === 'boolean')).toBe(true);
  });

  it('asks better of a maximizing study where it asks worse of a minimizing one', () => {
    const mirror = (t: FrozenTrial) =>
      finishedTrial({
        number: t.number,
        state: t.state,
        intermediateValues: Object.fromEntries(
          Object.entries(t.intermediateValues).map(([step, value]) => [step, -value]),
        ),
      });
    for (const value of [0.5, 1.5, 2, 2.5, 99, -99, Infinity]) {
      const down = make().prune(
        history,
        { number: 9, intermediateValues: { 0: value } },
        'minimize',
      );
      const up = make().prune(
        history.map(mirror),
        { number: 9, intermediateValues: { 0: -value } },
        'maximize',
      );
      expect({ value, prune: up }).toEqual({ value, prune: down });
    }
  });
}
