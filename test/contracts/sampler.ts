/** What every sampler must do. Call it from the sampler's own test. */
import { expect, it } from 'vitest';
import {
  categoricalDistribution,
  contains,
  type Distribution,
  floatDistribution,
  intDistribution,
} from '../../src/tune/distributions.js';
import type { Proposal, Sampler } from '../../src/tune/samplers/sampler.js';
import type { FrozenTrial } from '../../src/tune/trial.js';
import { finishedTrial } from './pruner.js';

export const distributions: Record<string, Distribution> = {
  plain: floatDistribution('plain', -2.5, 7),
  huge: floatDistribution('huge', -Number.MAX_VALUE, Number.MAX_VALUE),
  tiny: floatDistribution('tiny', 1, 1 + Number.EPSILON),
  log: floatDistribution('log', 1e-300, 1e300, { log: true }),
  rate: floatDistribution('rate', 1e-4, 1e-1, { log: true }),
  step: floatDistribution('step', 0, 1, { step: 0.1 }),
  ragged: floatDistribution('ragged', 0.05, 1, { step: 0.3 }),
  int: intDistribution('int', -3, 3),
  even: intDistribution('even', 2, 11, { step: 2 }),
  units: intDistribution('units', 16, 256, { log: true }),
  one: intDistribution('one', 1, 2, { log: true }),
  wide: intDistribution('wide', -(2 ** 52), 2 ** 52 - 1),
  flag: categoricalDistribution('flag', [true, false]),
  kind: categoricalDistribution('kind', ['a', null, 1, 1.5]),
};

/** What a sampler that answers at once says of a trial. */
function propose(sampler: Sampler, number: number, history: readonly FrozenTrial[]): Proposal {
  const view = { history, pending: [], number, directions: ['minimize'] as const };
  return sampler.propose(view) as Proposal;
}

/** @param make a sampler with that seed */
export function samplerContract(make: (seed: number) => Sampler): void {
  const history = Array.from({ length: 12 }, (_, number) =>
    finishedTrial({
      number,
      state: (['COMPLETE', 'PRUNED', 'FAIL'] as const)[number % 3],
      value: number % 3 === 0 ? number : undefined,
      params: { rate: 0.01, kind: 'a' },
      distributions: { rate: distributions.rate, kind: distributions.kind },
    }),
  );
  const draw = (sampler: Sampler, number: number, name: string) =>
    propose(sampler, number, number < 20 ? [] : history).draw(name, distributions[name]);
  const names = Object.keys(distributions);

  it('draws values of the distribution', () => {
    const sampler = make(1);
    for (const name of names) {
      for (let number = 0; number < 200; number++) {
        const value = draw(sampler, number, name);
        const fits = contains(distributions[name], value);
        expect({ name, value, fits }).toEqual({ name, value, fits: true });
      }
    }
  });

  it('keeps no state: the same question gives the same value, in any order, from any instance', () => {
    const sampler = make(3);
    const questions = names.flatMap((name) => [0, 1, 7, 40].map((number) => ({ name, number })));
    const ask = (s: Sampler, list: typeof questions) =>
      new Map(list.map(({ name, number }) => [`${name} ${number}`, draw(s, number, name)]));
    const first = ask(sampler, questions);
    expect(ask(sampler, [...questions].reverse())).toEqual(new Map([...first].reverse()));
    expect(ask(make(3), questions)).toEqual(first);
  });

  it('draws something else for another trial, another name and another seed', () => {
    const value = draw(make(3), 5, 'plain');
    expect(draw(make(3), 6, 'plain')).not.toBe(value);
    expect(propose(make(3), 5, []).draw('other', distributions.plain)).not.toBe(value);
    expect(draw(make(4), 5, 'plain')).not.toBe(value);
  });
}
