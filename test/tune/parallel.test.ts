// Any number of workers, in whatever order they end: the same study.
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random.js';
import { MedianPruner } from '../../src/tune/pruners/median.js';
import type { Pruner } from '../../src/tune/pruners/pruner.js';
import { RandomSampler } from '../../src/tune/samplers/random.js';
import type { Proposal, Sampler, SamplerView } from '../../src/tune/samplers/sampler.js';
import { type Study, studyFactory } from '../../src/tune/study.js';
import type { Space } from '../../src/tune/suggest.js';
import { type Script, shufflingExecutor } from './executors.js';

const createStudy = studyFactory();

const space: Space = (t) => {
  const kind = t.suggestCategorical('kind', ['smooth', 'rough']);
  const rate = t.suggestFloat('rate', 1e-4, 1e-1, { log: true });
  if (kind === 'smooth') return { kind, rate, units: t.suggestInt('units', 4, 256, { log: true }) };
  return { kind, rate, noise: t.suggestFloat('noise', 0, 1, { step: 0.1 }) };
};

/** Learning curves that differ enough for half of them to be pruned; some fail, some report NaN. */
const script: Script = (params) => {
  const rate = params.rate as number;
  const bits = Math.floor(rate * 2 ** 40) >>> 0;
  const random = new Random(bits);
  const reports = Array.from({ length: 6 }, (_, step) =>
    random.uniform() < 0.05 ? Number.NaN : rate * 10 + random.uniform() / (step + 1),
  );
  if (bits % 11 === 0) {
    return { reports, outcome: { state: 'failed', code: 'threw', reason: `Error: ${bits}` } };
  }
  if (bits % 13 === 0) return { reports, outcome: { state: 'complete', value: Number.NaN } };
  return { reports, outcome: { state: 'complete', value: reports[5] + rate } };
};

/** Looks at everything that it may see, so that one wrong trial in the history shows. */
class NosySampler implements Sampler {
  readonly #base = new RandomSampler({ seed: 5 });
  async propose({ history, pending, number }: SamplerView): Promise<Proposal> {
    let sum = history.reduce((h, t) => (h * 31 + t.number + (t.value ?? 7) * 1e6) % 65521, 1);
    for (const { number: n, params, distributions } of pending) {
      const names = Object.keys(distributions).length;
      sum = (sum * 31 + n + names + Number(params.rate ?? 3) * 1e6) % 65521;
    }
    // takes its time, and another one each time
    for (let turn = 0; turn < number % 3; turn++) await undefined;
    const { draw } = this.#base.propose({ number });
    return { draw: (name, distribution) => draw(`${name}${Math.floor(sum)}`, distribution) };
  }
}

function record(study: Study) {
  return study.trials.map(({ datetimeStart, datetimeComplete, ...rest }) => rest);
}

async function run(size: number, seed: number, sampler: Sampler, pruner: Pruner, lookback: number) {
  const study = await createStudy({ sampler, pruner, lookback });
  let running = 0;
  let most = 0;
  await study.optimize({
    space,
    trials: 40,
    onWarning: () => {}, // more slots than the lookback has use for
    executor: shufflingExecutor(script, size, seed),
    onEvent: ({ type, number }) => {
      if (type === 'trialStarted') {
        most = Math.max(most, ++running);
        const past = study.trials.slice(0, Math.max(0, number - lookback + 1));
        expect(past.filter((t) => t.state === 'RUNNING')).toEqual([]);
      }
      if (type === 'trialFinished') running -= 1;
    },
  });
  return { trials: record(study), most };
}

describe.each([
  { lookback: 8, direction: 'the default' },
  { lookback: 3, direction: 'a short' },
])('a study with $direction lookback ($lookback)', ({ lookback }) => {
  const pruner = new MedianPruner({ nStartupTrials: 3 });

  it('is the same for 1 to 8 workers that end in random order', async () => {
    const { trials: one } = await run(1, 0, new NosySampler(), pruner, lookback);
    const states = new Set(one.map((t) => t.state));
    expect([...states].sort()).toEqual(['COMPLETE', 'FAIL', 'PRUNED']);
    for (let size = 2; size <= 8; size++) {
      const { trials, most } = await run(size, size * 7, new NosySampler(), pruner, lookback);
      expect(trials).toEqual(one);
      expect(most).toBe(Math.min(size, lookback));
    }
  });
});
