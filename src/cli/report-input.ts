/** The records of a run as the report wants them. */

import { availableParallelism, cpus, platform } from 'node:os';
import { formatTime } from '../data/civil-date.js';
import { inputNames } from '../forecast/preprocessing.js';
import type { TestResult } from '../forecast/test-figures.js';
import type { ReportInput } from '../report/report.js';
import { isPending, latestByPlace } from '../tune/lineage.js';
import type { FrozenTrial } from '../tune/trial.js';
import type { Setup } from './setup.js';
import { secondsBefore } from './study-time.js';
import type { TrialTraining } from './trial-weights.js';

export interface RunRecord {
  readonly setup: Setup;
  readonly trials: readonly FrozenTrial[];
  readonly best: FrozenTrial;
  readonly test: TestResult;
  readonly training: TrialTraining;
  /** What a reader must know besides what the data say. */
  readonly notes: readonly string[];
  readonly command: string;
  readonly build: string;
  readonly workers: number;
  /** Of this run; a resumed study took longer. */
  readonly seconds: number;
}

export function reportInput(run: RunRecord): ReportInput {
  const { setup, trials, best, test, training } = run;
  const { preprocessing, split, series, notices } = setup.prepared;
  const { horizon, window, target, season, time } = preprocessing;
  const size = (part: { from: number; to: number }) => part.to - part.from;
  const settled = settledTrials(trials);
  const again = trials.length - settled.length;
  return {
    study: { name: target, direction: 'minimize', metric: `validation MAE (${target})` },
    trials: settled,
    best: best.number,
    bestParams: training.params,
    forecast: {
      target,
      horizon,
      stride: 1,
      truth: test.truth,
      forecast: test.forecast,
      seasonalNaive: test.seasonalNaive,
      timestamps: timestamps(setup),
    },
    test: { mae: test.mae, rmse: test.rmse, baselines: test.baselines, season },
    history: training.history,
    data: {
      file: setup.file,
      rows: series.rows,
      columns: setup.columns,
      target,
      time: time?.columns.join(', '),
      features: inputNames(preprocessing),
      window,
      horizon,
      split: {
        train: size(split.train),
        validation: size(split.validation),
        test: size(split.test),
      },
      notes: [...notices, ...profileNote(setup), ...interruptionNote(again), ...run.notes],
    },
    reproduce: {
      command: run.command,
      version: __SLUICE_VERSION__,
      seed: setup.seed,
      numerics: setup.numerics,
      build: run.build,
      wide: setup.wide,
      runtime: `Node ${process.versions.node}`,
      machine: `${availableParallelism()} x ${cpus()[0]?.model.trim() || 'unknown processor'}, ${platform()} ${process.arch}`,
      workers: run.workers,
    },
    seconds: run.seconds + secondsBefore(trials, Date.now() - run.seconds * 1000),
  };
}

/** Without what was interrupted and run again. */
function settledTrials(trials: readonly FrozenTrial[]): FrozenTrial[] {
  return latestByPlace(trials).filter((trial) => !isPending(trial));
}

function interruptionNote(again: number): string[] {
  if (again === 0) return [];
  const runs =
    again === 1
      ? '1 interrupted trial was run again with the same parameters, under a new number'
      : `${again} interrupted trials were run again with the same parameters, under new numbers`;
  return [`${runs}; the number of an interrupted run is left out here`];
}

/** A label for each row of the test part. */
function timestamps({ prepared }: Setup): string[] | undefined {
  const { axis, split } = prepared;
  if (!axis) return undefined;
  return Array.from(axis.seconds.subarray(split.test.from), (seconds) =>
    formatTime(seconds, axis.format),
  );
}

function profileNote({ prepared }: Setup): string[] {
  if (!prepared.preprocessing.profile) return [];
  return [
    'what the calendar explains (weekday, day of the year, holidays ...) is learned from the training part and taken out before the network sees the target',
  ];
}
