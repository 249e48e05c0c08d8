// Journals by Optuna, by sluice, and by sluice with Optuna going on with them: we read in them
// what Optuna reads (test/fixtures/optuna holds the scripts that asked it).
import { describe, expect, it } from 'vitest';
import type { Distribution } from '../../../src/tune/distributions.js';
import type { AnyObjective } from '../../../src/tune/in-thread.js';
import { JournalStorage } from '../../../src/tune/storage/journal.js';
import { decodeJson } from '../../../src/tune/storage/journal-codec.js';
import { parseDatetime } from '../../../src/tune/storage/journal-op.js';
import { studyFactory } from '../../../src/tune/study.js';
import type { Space } from '../../../src/tune/suggest.js';
import type { FrozenTrial } from '../../../src/tune/trial.js';
import continuedJson from '../../fixtures/optuna/continued.json?raw';
import continuedLog from '../../fixtures/optuna/continued.log?raw';
import sharedJson from '../../fixtures/optuna/shared.json?raw';
import sharedLog from '../../fixtures/optuna/shared.log?raw';
import sluiceJson from '../../fixtures/optuna/sluice.json?raw';
import sluiceLog from '../../fixtures/optuna/sluice.log?raw';
import writtenJson from '../../fixtures/optuna/written.json?raw';
import writtenLog from '../../fixtures/optuna/written.log?raw';
import { writeScenario } from './scenario.js';
import { TextBackend } from './text-backend.js';

interface StudyView {
  id: number;
  name: string;
  directions: string[];
  userAttrs: object;
  systemAttrs: object;
  trials: Record<string, unknown>[];
}

const classes = {
  float: 'FloatDistribution',
  int: 'IntDistribution',
  categorical: 'CategoricalDistribution',
};

function distributionView({ kind, ...attributes }: Distribution) {
  return { name: classes[kind], attributes };
}

function trialView(trial: FrozenTrial) {
  const { failReason, values, value = null, datetimeStart, datetimeComplete, ...rest } = trial;
  const distributions = Object.fromEntries(
    Object.entries(trial.distributions).map(([k, d]) => [k, distributionView(d)]),
  );
  return { ...rest, value, distributions, datetimeStart, datetimeComplete };
}

async function read(log: string, names: string[]) {
  const storage = new JournalStorage(new TextBackend(log));
  await storage.refresh();
  return names.map((name) => {
    const study = storage.study(name);
    if (study === undefined) throw new Error(`no study ${name}`);
    return { ...study, trials: storage.trials(study.id).map(trialView) };
  });
}

function expected(json: string): StudyView[] {
  const studies = decodeJson(json) as StudyView[];
  return studies.map((study) => ({
    ...study,
    trials: study.trials.map((trial) => ({
      ...trial,
      datetimeStart: parseDatetime(trial.datetimeStart),
      datetimeComplete: parseDatetime(trial.datetimeComplete),
    })),
  }));
}

describe('a journal', () => {
  it.each([
    ['by Optuna', writtenLog, writtenJson, ['é "quoted"\n', 'other', 'two']],
    ['by sluice', sluiceLog, sluiceJson, ['größte "study"', 'other']],
    ['that Optuna went on with', continuedLog, continuedJson, ['größte "study"', 'other']],
  ])('%s is read as Optuna reads it', async (_, log, json, names) => {
    const studies = expected(json);
    expect(studies.map((study) => study.name)).toEqual(names);
    expect(await read(log, names)).toEqual(studies);
    expect(studies.flatMap((s) => s.trials).length).toBeGreaterThan(10);
  });

  it('by both at once, side by side on one study, is read as Optuna reads it', async () => {
    // Optuna 5 writes dates in UTC, and shows them in the zone where it runs.
    const undated = ({ trials, ...study }: Pick<StudyView, 'trials'>) => ({
      ...study,
      trials: trials.map((trial) => ({ ...trial, datetimeStart: 0, datetimeComplete: 0 })),
    });
    const studies = await read(sharedLog, ['shared']);
    expect(studies.map(undated)).toEqual(expected(sharedJson).map(undated));
    const by = new Set(studies[0].trials.map((trial) => JSON.stringify(trial.userAttrs)));
    expect(by).toEqual(new Set(['{}', '{"by":"optuna"}']));
    expect(sharedLog).toMatch(/"crc": "[0-9a-f]{8}"}\n/);
  });

  it('is written today as the one that Optuna has read', async () => {
    const backend = new TextBackend('');
    await writeScenario(new JournalStorage(backend));
    const steady = (log: string) =>
      log
        .replace(/"sluice-[^"]*"/g, '"worker"')
        .replace(/"\d{4}-\d\d-\d\dT[\d:.]{15}"/g, '"date"')
        .split('\n');
    expect(steady(backend.text)).toEqual(steady(sluiceLog));
  });

  it('that Optuna went on with is gone on with here', async () => {
    const storage = new JournalStorage(new TextBackend(continuedLog));
    const study = await studyFactory()({ name: 'other', storage });
    expect(study.direction).toBe('maximize');
    const before = study.trials;
    expect(study.bestValue).toBe(6);
    await study.optimize({
      space: (t) => ({ x: t.suggestFloat('x', -1, 1) }),
      totalTrials: before.length + 2,
      objective: ({ x }) => 100 + x,
    });
    expect(study.trials.slice(0, before.length)).toEqual(before);
    expect(study.trials.map((t) => t.number)).toEqual([...before.keys(), 6, 7]);
    expect(study.bestTrial.number).toBeGreaterThan(5);
  });

  const space: Space = (t) => ({
    x: t.suggestFloat('x', 0, 1),
    c: t.suggestCategorical('c', ['a', 'b']),
  });
  const objective: AnyObjective = ({ x }) => x;

  it('with trials that Optuna runs leaves them to it', async () => {
    const storage = new JournalStorage(new TextBackend(writtenLog));
    const study = await studyFactory()({ name: 'other', storage });
    const running = study.trials.filter((t) => t.state === 'RUNNING');
    expect(running.length).toBeGreaterThan(0);
    await study.optimize({ space, objective, trials: 9, failStale: 3600 });
    expect(study.trials.filter((t) => t.state === 'RUNNING')).toEqual(running);
    expect(study.trials.filter((t) => t.state === 'COMPLETE').length).toBeGreaterThanOrEqual(9);
  });

  it('with trials that Optuna left running has them run first, once they are said to be dead', async () => {
    const storage = new JournalStorage(new TextBackend(writtenLog));
    const study = await studyFactory()({ name: 'other', storage });
    const left = study.trials.filter((t) => t.state === 'WAITING' || t.state === 'RUNNING');
    expect(left.length).toBeGreaterThan(0);
    await study.optimize({ space, objective, trials: left.length, failStale: 0 });
    expect(study.trials.every((t) => t.state !== 'WAITING' && t.state !== 'RUNNING')).toBe(true);
    for (const { params } of left) {
      expect(study.trials.some((t) => t.state === 'COMPLETE' && t.value === params.x)).toBe(true);
    }
  });
});
