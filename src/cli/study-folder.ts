/**
 * The folder of a study:
 *
 *   study.json         what the study is about; a resumed run must agree with it
 *   study.log          the journal of all trials
 *   model.safetensors  the best network so far
 *   trials/            weights of trials on their way to become the best; empty at rest
 *   report.html        written at the end
 */

import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors.js';
import { readModelFile } from '../formats/model-file.js';
import { latestByPlace } from '../tune/lineage.js';
import type { FrozenTrial } from '../tune/trial.js';
import { quoted } from './invocation.js';
import { fileProblem } from './read-table.js';
import { trialFile } from './trial-messages.js';

/** All that decides what a trial with given parameters comes to. */
export interface Fingerprint {
  readonly sluice: string;
  readonly data: { readonly rows: number; readonly sha256: string };
  readonly target: string;
  readonly features: readonly string[];
  readonly time: readonly string[];
  readonly window: number;
  readonly horizon: number;
  readonly season: number;
  readonly interpolate: boolean;
  readonly epochs: number | null;
  readonly seed: number;
  readonly numerics: 'fast' | 'portable';
}

export class StudyFolder {
  readonly path: string;
  /** Trials end side by side; their weights are sorted one after the other. */
  #sorting: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  get journal(): string {
    return join(this.path, 'study.log');
  }

  get model(): string {
    return join(this.path, 'model.safetensors');
  }

  get report(): string {
    return join(this.path, 'report.html');
  }

  get trials(): string {
    return join(this.path, 'trials');
  }

  get #description(): string {
    return join(this.path, 'study.json');
  }

  /** Whether a study, or what one leaves behind, stands here. */
  get taken(): boolean {
    return [this.#description, this.journal, this.model, this.report].some((file) =>
      existsSync(file),
    );
  }

  /**
   * Makes the folder for a new study, or checks that the one in it is the same.
   * @throws SluiceError 'study-mismatch' when a study is there and `resume` is not asked for, or
   *   when it is another one; 'storage' when the folder cannot be written
   */
  async open(fingerprint: Fingerprint, resume: boolean): Promise<void> {
    if (this.taken && !resume) {
      throw new SluiceError(
        'study-mismatch',
        `${this.path} holds a study already: add --resume to go on with it, or --out <folder> for another place`,
      );
    }
    const resumed = this.taken;
    if (resumed) await this.#compare(fingerprint);
    try {
      await mkdir(this.trials, { recursive: true });
      if (!resumed)
        await writeSafely(this.#description, `${JSON.stringify(fingerprint, null, 2)}\n`);
    } catch (cause) {
      throw new SluiceError('storage', `${this.path}: ${fileProblem(cause)}`, { cause });
    }
  }

  async #compare(wanted: Fingerprint): Promise<void> {
    let found: Partial<Fingerprint>;
    try {
      found = JSON.parse(await readFile(this.#description, 'utf8'));
    } catch (cause) {
      throw new SluiceError(
        'study-mismatch',
        `${this.#description} is missing or damaged; tune again with --out <folder>`,
        { cause },
      );
    }
    const differences = differing(found, wanted);
    if (differences.length === 0) return;
    throw new SluiceError(
      'study-mismatch',
      `${this.path} holds a study of other making (${differences.join('; ')}): give the same options and data, or --out <folder> for a new study`,
    );
  }

  /**
   * Keeps the weights of the best trial as the model, and no others. Called after each trial; at
   * any moment the best one's weights are in model.safetensors or in trials/.
   */
  keepBest(trials: () => readonly FrozenTrial[]): Promise<void> {
    this.#sorting = this.#sorting.then(() => this.#sort(trials()));
    return this.#sorting;
  }

  async #sort(trials: readonly FrozenTrial[]): Promise<void> {
    const places = latestByPlace(trials);
    let best: number | undefined;
    places.forEach((trial, place) => {
      if (trial.state !== 'COMPLETE' || trial.value === undefined) return;
      if (best === undefined || trial.value < places[best].value!) best = place;
    });
    if (best !== undefined && existsSync(join(this.trials, trialFile(best)))) {
      await rename(join(this.trials, trialFile(best)), this.model);
    }
    for (const [place, trial] of places.entries()) {
      if (trial.state === 'RUNNING') continue;
      await rm(join(this.trials, trialFile(place)), { force: true });
    }
  }

  /** Takes the folder for weights away when nothing is in it, as at rest. */
  async removeTrials(): Promise<void> {
    await rmdir(this.trials).catch(() => {});
  }

  /** Removes what a killed process left half written; only while nobody else runs the study. */
  async removeTorn(): Promise<void> {
    for (const folder of [this.path, this.trials]) {
      for (const name of await readdir(folder)) {
        if (name.endsWith('.tmp')) await rm(join(folder, name), { force: true });
      }
    }
  }

  /**
   * What the kept model says of its training.
   * @throws SluiceError 'bad-file' when it is not that of trial `place`
   */
  async training(place: number): Promise<TrainingRecord> {
    const bytes = existsSync(this.model) ? await readFile(this.model) : undefined;
    const record =
      bytes &&
      (readModelFile(bytes).preprocessing as { training?: TrainingRecord } | undefined)?.training;
    if (record?.trial === place) return record;
    throw new SluiceError(
      'bad-file',
      `the weights of trial ${place}, the best one, are missing from ${quoted(this.path)}: tune again with --out <folder>`,
    );
  }
}

/** Written into the model file beside the preprocessing. */
export interface TrainingRecord {
  /** Place in the study. */
  readonly trial: number;
  /** Kernels that trained it. */
  readonly build: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly validationError: number;
  readonly history: Readonly<Record<string, number[]>>;
}

/** Place of a trial in the study: that of the trial which it runs again, where it does. */
export const placeOf = (trials: readonly FrozenTrial[], number: number): number =>
  latestByPlace(trials).findIndex((trial) => trial.number === number);

function differing(found: Partial<Fingerprint>, wanted: Fingerprint): string[] {
  const labels: [string, (one: Partial<Fingerprint>) => unknown][] = [
    ['target', (one) => one.target],
    ['window', (one) => one.window],
    ['horizon', (one) => one.horizon],
    ['features', (one) => one.features?.join(',')],
    ['time', (one) => one.time?.join(',')],
    ['season', (one) => one.season],
    ['interpolate', (one) => one.interpolate],
    ['epochs', (one) => one.epochs],
    ['seed', (one) => one.seed],
    ['numerics', (one) => one.numerics],
    ['rows', (one) => one.data?.rows],
    ['sluice version', (one) => one.sluice],
  ];
  const different = labels
    .filter(([, of]) => of(found) !== of(wanted))
    .map(([label, of]) => `${label} ${shown(of(found))}, now ${shown(of(wanted))}`);
  if (different.length === 0 && found.data?.sha256 !== wanted.data.sha256)
    return ['the data have changed'];
  return different;
}

const shown = (value: unknown) =>
  value === '' ? 'none' : value === null ? 'by size' : String(value);

/** Writes beside, then renames: no half-written file under the name. */
export async function writeSafely(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  const file = await open(beside, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}
