/** sluice tune: search, keep the winner, test it once, report. */

import { availableParallelism } from 'node:os';
import { basename, extname } from 'node:path';
import { defaultSpace } from '../forecast/space.js';
import { windowSets } from '../forecast/window-sets.js';
import { shortName } from '../printable.js';
import { renderSummary } from '../report/report.js';
import type { ArtifactStore } from '../tune/artifacts/artifact-store.js';
import { fileSystemArtifactStore } from '../tune/artifacts/file-system.js';
import { settledCount } from '../tune/lineage.js';
import { MedianPruner } from '../tune/pruners/median.js';
import { RandomSampler } from '../tune/samplers/random.js';
import { journalFile } from '../tune/storage/journal-file.js';
import { thenRelease } from '../tune/storage/then-release.js';
import type { Study } from '../tune/study.js';
import { createStudy } from '../workers/study.js';
import { BestWeights } from './best-weights.js';
import { LOOKBACK } from './commands.js';
import type { Fingerprint } from './fingerprint.js';
import type { ForecastJobData } from './forecast-worker.js';
import { underClaim } from './held-claim.js';
import { listenForInterrupt } from './interrupt.js';
import { commandLine } from './invocation.js';
import type { Arguments } from './options.js';
import { print, printJson } from './output.js';
import { StudyProgress } from './progress.js';
import { describeData, type Setup, setUp } from './setup.js';
import { threadsOfTrial } from './share-cores.js';
import { asJson, endStudy, whereabouts } from './study-end.js';
import { asStudyError } from './study-error.js';
import { StudyFolder } from './study-folder.js';
import { StudyView } from './study-view.js';
import { type Screen, say, screenOf } from './terminal.js';

const PATIENCE = 8;
/** Epochs before a trial may be pruned: the first ones say little. */
const WARMUP_EPOCHS = 3;

export async function tune(args: Arguments, argv: readonly string[]): Promise<number> {
  const started = performance.now();
  const setup = await setUp(args);
  const folder = new StudyFolder(args.text('out') ?? defaultFolder(setup.file));
  const screen = screenOf(process.stderr);
  const found = await folder.open(fingerprint(setup, args), args.flag('resume'));
  if (args.flag('resume') && !found)
    say(screen, `note: there is no study in ${folder.path} to go on with; a new one begins`);
  for (const line of describeData(setup)) say(screen, line);
  say(
    screen,
    `a trial's error: mean absolute error on the validation part, in units of ${shortName(setup.prepared.preprocessing.target)}`,
  );
  const storage = journalFile(folder.journal, {
    onWait: (message) => say(screen, `note: ${message}`),
  });
  const study = await createStudy({
    name: setup.prepared.preprocessing.target,
    direction: 'minimize',
    sampler: new RandomSampler({ seed: setup.seed }),
    pruner: new MedianPruner({ nStartupTrials: 4, nWarmupSteps: WARMUP_EPOCHS }),
    storage: underClaim(storage),
    artifactStore: checkpointStore(folder),
    lookback: LOOKBACK,
  });
  // Held to the end: nobody else may test, report or tidy up meanwhile.
  const release = await storage.claim(storage.study(study.name)!.id);
  return thenRelease(release, () =>
    runStudy({ args, argv, setup, folder, study, screen, started }),
  );
}

/** Files in the study's folder, which is looked at before each write: it may be taken away. */
function checkpointStore(folder: StudyFolder): ArtifactStore {
  const store = fileSystemArtifactStore(folder.checkpoints);
  return {
    ...store,
    async write(id, bytes) {
      await folder.checkFolders();
      await store.write(id, bytes);
    },
  };
}

interface StudyRun {
  readonly args: Arguments;
  readonly argv: readonly string[];
  readonly setup: Setup;
  readonly folder: StudyFolder;
  readonly study: Study;
  readonly screen: Screen;
  /** Of performance.now(). */
  readonly started: number;
}

/** From what is there to the report; the exit code. */
async function runStudy(run: StudyRun): Promise<number> {
  const { args, argv, setup, folder, study, screen, started } = run;
  await folder.prepare();
  const weights = new BestWeights(folder, (message) => say(screen, `note: ${message}`));
  await weights.takeStock(study.trials);
  const total = args.number('trials') ?? 30;
  const wanted = args.number('workers') ?? availableParallelism();
  const workers = Math.min(wanted, LOOKBACK, total);
  for (const line of workersNote(wanted, total)) say(screen, line);
  const stopped = await search(run, weights, { total, workers, wanted });
  if (stopped !== undefined) {
    sayHowToGoOn(run, total);
    return stopped;
  }
  const { record, input } = await endStudy({
    study,
    folder,
    setup,
    screen,
    weights,
    workers,
    command: commandLine(argv),
    seconds: () => (performance.now() - started) / 1000,
  });
  print('', ...renderSummary(input).trimEnd().split('\n'), '');
  print(...whereabouts(folder, setup, record.seconds));
  if (args.flag('json')) printJson(asJson(record, folder));
  return 0;
}

/** Says so where fewer trials run at once than were asked for, or than there are cores. */
function workersNote(wanted: number, total: number): string[] {
  const most = Math.min(LOOKBACK, total);
  if (wanted <= most) return [];
  const why =
    total < LOOKBACK
      ? `there are no more than ${total} trials`
      : `each trial waits for the results of all that are ${LOOKBACK} or more before it, so that the study comes to the same with any number of workers`;
  return [
    `note: ${most} ${most === 1 ? 'trial runs' : 'trials run'} at once, not ${wanted}: ${why}`,
  ];
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

/** Runs the trials that are missing; an exit code when it was interrupted. */
async function search(
  run: StudyRun,
  weights: BestWeights,
  { total, workers, wanted }: { total: number; workers: number; wanted: number },
): Promise<number | undefined> {
  const { study, folder, setup, args, screen } = run;
  const { prepared, numerics, seed } = setup;
  const sets = windowSets(prepared);
  const done = settledCount(study.trials);
  if (done >= total) {
    say(screen, `${done} trials are done already; --trials says how many the study shall have`);
    return undefined;
  }
  const data: ForecastJobData = {
    series: prepared.series,
    preprocessing: prepared.preprocessing,
    trainStarts: sets.train,
    validationStarts: sets.validation,
    numerics,
    threads: threadsOfTrial(wanted),
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
      onWarning: (message) => view.warn(message),
      callbacks: [(_, trial) => weights.take(trial, () => study.trials)],
    });
  } catch (error) {
    if (interrupt.exitCode !== undefined) return interrupt.exitCode;
    view.close();
    sayHowToGoOn(run, total);
    throw asStudyError(error);
  } finally {
    view.close();
    interrupt.release();
  }
  return undefined;
}

function sayHowToGoOn({ study, folder, argv, screen }: StudyRun, total: number): void {
  const done = settledCount(study.trials);
  say(screen, `stopped: ${done} of ${total} trials are done and kept in ${folder.path}`);
  say(screen, `to go on: ${commandLine(argv, ['--resume'])}`);
}
