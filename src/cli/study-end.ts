/** The end of a study: the best network is tested, once, and the report written. */

import { SluiceError } from '../errors.js';
import { fileTrouble } from '../files/trouble.js';
import { writeWhole } from '../files/whole-file.js';
import { testForecaster } from '../forecast/test-figures.js';
import { windowSets } from '../forecast/window-sets.js';
import { loadModel } from '../node-files.js';
import { type ReportInput, renderReport } from '../report/report.js';
import { settledCount } from '../tune/lineage.js';
import type { Study } from '../tune/study.js';
import type { FrozenTrial } from '../tune/trial.js';
import type { BestWeights, Kept } from './best-weights.js';
import { duration, figure } from './figures.js';
import { commandLine, quoted } from './invocation.js';
import { type RunRecord, reportInput } from './report-input.js';
import type { Setup } from './setup.js';
import type { StudyFolder } from './study-folder.js';
import { type Screen, say } from './terminal.js';

export interface StudyEnd {
  readonly study: Study;
  readonly folder: StudyFolder;
  readonly setup: Setup;
  readonly screen: Screen;
  readonly weights: BestWeights;
  readonly workers: number;
  /** With which the study was started. */
  readonly command: string;
  readonly seconds: () => number;
}

/**
 * Tests the best network and writes the report.
 * @throws SluiceError 'objective' where no trial is complete, 'bad-file' where no weights are
 *   left, 'storage' where the report cannot be written
 */
export async function endStudy(
  end: StudyEnd,
): Promise<{ readonly record: RunRecord; readonly input: ReportInput }> {
  const { study, folder, setup, screen, weights, workers, command, seconds } = end;
  const { trials } = study;
  const { trial: best, training } = bestKept(study, folder, weights);
  const notes = elsewhereNote(study.bestTrial, best);
  for (const note of notes) say(screen, `note: ${note}`);
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
      notes,
      command,
      build,
      workers,
      seconds: seconds(),
    };
    const input = reportInput(record);
    await writeReport(folder, renderReport(input));
    await folder.tidy();
    return { record, input };
  } finally {
    model.dispose();
  }
}

/** @throws SluiceError 'objective' where no trial is complete, 'bad-file' where no weights are left */
function bestKept(study: Study, { path }: StudyFolder, { kept }: BestWeights): Kept {
  const best = study.bestTrial;
  if (kept) return kept;
  throw new SluiceError(
    'bad-file',
    `the weights of trial ${best.number}, the best one, are missing from ${quoted(path)}: tune again with --out <folder>`,
  );
}

/** A better trial may have been run by another program, or its weights may have been taken away. */
function elsewhereNote(best: FrozenTrial, kept: FrozenTrial): string[] {
  if (best.number === kept.number) return [];
  return [
    `trial ${best.number} (${figure(best.value!)}) is better, but its weights are not in this folder (another program ran it, or they were removed): the model is that of trial ${kept.number} (${figure(kept.value!)}), the best that has weights`,
  ];
}

async function writeReport({ report, path }: StudyFolder, html: string): Promise<void> {
  await writeWhole(report, html).catch((cause) => {
    throw new SluiceError('storage', `${path}: ${fileTrouble(cause)}`, { cause });
  });
}

/** What lies where, and what to do with it. */
export function whereabouts(
  { model, report, journal, path }: StudyFolder,
  { file }: Setup,
  seconds: number,
): string[] {
  return [
    `done in ${duration(seconds)}; everything is in ${path}`,
    `  report  ${report}`,
    `  model   ${model}`,
    `  trials  ${journal}`,
    `what comes next: ${commandLine(['predict', model, file])}`,
  ];
}

/** The result for programs. */
export function asJson(
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
    wide: setup.wide,
    files: { folder: path, journal, model, report },
  };
}
