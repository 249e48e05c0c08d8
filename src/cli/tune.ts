/** sluice tune: search, keep the winner, test it once, report. */

import { availableParallelism } from 'node:os';
import { basename, extname } from 'node:path';
import { loadModel } from '../node-files.js';
import { type ReportInput, renderReport, renderSummary } from '../report/report.js';
import { settledCount } from '../tune/lineage.js';
import { MedianPruner } from '../tune/pruners/median.js';
import { RandomSampler } from '../tune/samplers/random.js';
import { journalFile } from '../tune/storage/journal-file.js';
import type { Storage } from '../tune/storage/storage.js';
import type { Study } from '../tune/study.js';
import { createStudy } from '../workers/study.js';
import { LOOKBACK } from './commands.js';
import { duration } from './figures.js';
import type { ForecastJobData } from './forecast-worker.js';
import { listenForInterrupt } from './interrupt.js';
import { commandLine } from './invocation.js';
import type { Arguments } from './options.js';
import { StudyProgress } from './progress.js';
import { type RunRecord, reportInput } from './report-input.js';
import { describeData, type Setup, setUp } from './setup.js';
import { defaultSpace } from './space.js';
import { type Fingerprint, placeOf, StudyFolder, writeSafely } from './study-folder.js';
import { StudyView } from './study-view.js';
import { screenOf } from './terminal.js';
import { testForecaster, windowSets } from './test-figures.js';

const PATIENCE = 8;
/** Epochs before a trial may be pruned: the first ones say little. */
const WARMUP_EPOCHS = 3;

export async function tune(args: Arguments, argv: readonly string[]): Promise<number> {
  const started = performance.now();
  const setup = await setUp(args);
  const total = args.number('trials') ?? 30;
  const workers = Math.min(args.number('workers') ?? availableParallelism(), LOOKBACK, total);
  const folder = new StudyFolder(args.text('out') ?? defaultFolder(setup.file));
  await folder.open(fingerprint(setup, args), args.flag('resume'));
  const screen = screenOf(process.stderr);
  for (const line of describeData(setup)) screen.write(`${line}\n`);
  screen.write(
    `a trial's error: mean absolute error on the validation part, in units of ${setup.prepared.preprocessing.target}\n`,
  );
  const storage = journalFile(folder.journal);
  const study = await createStudy({
    name: setup.prepared.preprocessing.target,
    direction: 'minimize',
    sampler: new RandomSampler({ seed: setup.seed }),
    pruner: new MedianPruner({ nStartupTrials: 4, nWarmupSteps: WARMUP_EPOCHS }),
    storage,
    lookback: LOOKBACK,
  });
  await tidy(folder, study, storage);
  const stopped = await search(study, folder, setup, args, { total, workers });
  if (stopped !== undefined) {
    screen.write(stopMessage(study, folder, commandLine(argv, ['--resume']), total));
    return stopped;
  }
  const run = await finish(study, folder, setup, {
    workers,
    command: commandLine(argv),
    seconds: () => (performance.now() - started) / 1000,
  });
  process.stdout.write(
    `\n${renderSummary(run.input)}\n${whereabouts(folder, setup, run.record.seconds)}`,
  );
  if (args.flag('json')) process.stdout.write(`${JSON.stringify(asJson(run.record, folder))}\n`);
  return 0;
}

const defaultFolder = (file: string) => `${basename(file, extname(file))}-study`;

function fingerprint({ prepared, sha256, seed, numerics }: Setup, args: Arguments): Fingerprint {
  const { preprocessing, series } = prepared;
  const { target, window, horizon, season, interpolate } = preprocessing;
  const columns = [...preprocessing.numeric, ...preprocessing.categorical].map(
    ({ column }) => column,
  );
  return {
    sluice: __SLUICE_VERSION__,
    data: { rows: series.rows, sha256 },
    target,
    features: columns,
    time: preprocessing.time?.columns ?? [],
    window,
    horizon,
    season,
    interpolate,
    epochs: args.number('epochs') ?? null,
    seed,
    numerics,
  };
}

/** Clears up behind a run that was killed. @throws SluiceError 'storage' while another one is alive */
async function tidy(folder: StudyFolder, study: Study, storage: Storage): Promise<void> {
  const release = await storage.claim(storage.study(study.name)!.id);
  try {
    await folder.removeTorn();
    await folder.keepBest(() => study.trials);
  } finally {
    await release();
  }
}

/** Runs the trials that are missing; an exit code when it was interrupted. */
async function search(
  study: Study,
  folder: StudyFolder,
  setup: Setup,
  args: Arguments,
  { total, workers }: { total: number; workers: number },
): Promise<number | undefined> {
  const { prepared, numerics, seed } = setup;
  const sets = windowSets(prepared);
  const screen = screenOf(process.stderr);
  const done = settledCount(study.trials);
  if (done >= total) {
    screen.write(`${done} trials are done already; --trials says how many the study shall have\n`);
    return undefined;
  }
  const data: ForecastJobData = {
    series: prepared.series,
    preprocessing: prepared.preprocessing,
    trainStarts: sets.train,
    validationStarts: sets.validation,
    numerics,
    seed,
    epochs: args.number('epochs'),
    patience: PATIENCE,
    folder: folder.trials,
  };
  const view = new StudyView(
    screen,
    new StudyProgress(total, workers, study.trials, performance.now()),
  );
  const interrupt = listenForInterrupt(
    () => view.stopping(),
    () => view.close(),
  );
  try {
    await study.optimize({
      space: defaultSpace,
      worker: new URL('./forecast-worker.js', import.meta.url),
      data,
      totalTrials: total,
      workers,
      signal: interrupt.signal,
      onEvent: (event) => view.take(event),
      callbacks: [() => folder.keepBest(() => study.trials)],
    });
  } catch (error) {
    if (interrupt.exitCode === undefined) throw error;
    return interrupt.exitCode;
  } finally {
    view.close();
    interrupt.release();
  }
  return undefined;
}

function stopMessage(study: Study, { path }: StudyFolder, resume: string, total: number): string {
  const done = settledCount(study.trials);
  return `stopped: ${done} of ${total} trials are done and kept in ${path}\nto go on: ${resume}\n`;
}

interface FinishOptions {
  readonly workers: number;
  readonly command: string;
  readonly seconds: () => number;
}

/** Tests the best trial's network, once, and writes the report. */
async function finish(
  study: Study,
  folder: StudyFolder,
  setup: Setup,
  { workers, command, seconds }: FinishOptions,
): Promise<{ record: RunRecord; input: ReportInput }> {
  const { trials, bestTrial: best } = study;
  const training = await folder.training(placeOf(trials, best.number));
  await folder.removeTrials();
  const model = await loadModel(folder.model, { numerics: setup.numerics });
  try {
    const test = await testForecaster(model, setup.prepared, windowSets(setup.prepared));
    const { build } = training;
    const record = {
      setup,
      trials,
      best,
      test,
      training,
      command,
      build,
      workers,
      seconds: seconds(),
    };
    const input = reportInput(record);
    await writeSafely(folder.report, renderReport(input));
    return { record, input };
  } finally {
    model.dispose();
  }
}

function whereabouts(
  { model, report, journal, path }: StudyFolder,
  { file }: Setup,
  seconds: number,
): string {
  return [
    `done in ${duration(seconds)}; everything is in ${path}`,
    `  report  ${report}`,
    `  model   ${model}`,
    `  trials  ${journal}`,
    `what comes next: ${commandLine(['predict', model, file])}`,
    '',
  ].join('\n');
}

function asJson(
  { best, test, trials, setup, seconds, build, training }: RunRecord,
  { path, journal, model, report }: StudyFolder,
) {
  const settled = (state: string) => trials.filter((trial) => trial.state === state).length;
  const failed = settledCount(trials) - settled('COMPLETE') - settled('PRUNED');
  return {
    best: {
      number: best.number,
      value: best.value,
      params: best.params,
      epoch: training.bestEpoch + 1,
    },
    test: { mae: test.mae, rmse: test.rmse, baselines: test.baselines },
    trials: { complete: settled('COMPLETE'), pruned: settled('PRUNED'), failed },
    seconds: Math.round(seconds * 100) / 100,
    numerics: setup.numerics,
    build,
    files: { folder: path, journal, model, report },
  };
}
