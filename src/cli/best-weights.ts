/**
 * The weights of the best trial: each trial leaves its own in trials/ before its value is known to
 * the study; the best ones become the model, the others go. At any moment the best one's weights
 * are in model.safetensors or in trials/.
 */

import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors.js';
import { fileTrouble } from '../file-trouble.js';
import { readModelFile } from '../formats/model-file.js';
import { latestByPlace, PlaceIndex } from '../tune/lineage.js';
import type { FrozenTrial } from '../tune/trial.js';
import { readWhole } from './read-file.js';
import type { StudyFolder } from './study-folder.js';
import { isTrialFile, placeOfTrialFile, trialFile } from './trial-messages.js';

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

/** A trial whose weights are in the folder's model. */
export interface Kept {
  readonly trial: FrozenTrial;
  readonly place: number;
  readonly training: TrainingRecord;
}

const MOST_MODEL_BYTES = 2 ** 30;

export class BestWeights {
  readonly #folder: StudyFolder;
  readonly #places = new PlaceIndex();
  #kept: Kept | undefined;
  /** Trials end side by side; their weights are sorted one after the other. */
  #sorting: Promise<void> = Promise.resolve();

  constructor(folder: StudyFolder) {
    this.#folder = folder;
  }

  /** Undefined while no trial is complete whose weights are here. */
  get kept(): Kept | undefined {
    return this.#kept;
  }

  /**
   * Looks what earlier runs have left; only while nobody else runs the study.
   * @throws SluiceError 'storage'
   */
  async takeStock(trials: readonly FrozenTrial[]): Promise<void> {
    const latest = latestByPlace(trials);
    const training = await this.#trainingIn(this.#folder.model);
    const trial = training && latest[training.trial];
    if (training && trial && isOf(trial, training))
      this.#kept = { trial, place: training.trial, training };
    const left = (await readdir(this.#folder.trials)).filter(isTrialFile).map(placeOfTrialFile);
    for (const place of left.sort((a, b) => a - b)) await this.#sort(latest[place], place);
  }

  /**
   * Keeps the weights of a trial that has ended, if they are the best so far.
   * @param trials of the study, asked for where places are not known yet
   * @throws SluiceError 'storage'
   */
  take(trial: FrozenTrial, trials: () => readonly FrozenTrial[]): Promise<void> {
    const place = this.#places.of(trial.number) ?? this.#places.learn(trials()).of(trial.number)!;
    this.#sorting = this.#sorting.then(() => this.#sort(trial, place));
    return this.#sorting;
  }

  async #sort(trial: FrozenTrial | undefined, place: number): Promise<void> {
    const path = join(this.#folder.trials, trialFile(place));
    try {
      if (trial && this.#isBetter(trial, place)) {
        const training = await this.#trainingIn(path);
        if (training?.trial === place && isOf(trial, training)) {
          await rename(path, this.#folder.model);
          this.#kept = { trial, place, training };
          return;
        }
      }
      await rm(path, { force: true });
    } catch (cause) {
      const { syscall, code = '' } = cause as NodeJS.ErrnoException;
      // A rename has two ends: what leads nowhere is the way to the trial's own file.
      const ofModel = syscall === 'rename' && code !== 'ENOENT' && code !== 'ENOTDIR';
      const place = ofModel ? this.#folder.model : path;
      throw new SluiceError('storage', `${place}: ${fileTrouble(cause)}`, { cause });
    }
  }

  /** The first of equals stays. */
  #isBetter({ state, value }: FrozenTrial, place: number): boolean {
    if (state !== 'COMPLETE' || value === undefined) return false;
    const best = this.#kept;
    return (
      best === undefined ||
      value < best.trial.value! ||
      (value === best.trial.value && place < best.place)
    );
  }

  async #trainingIn(path: string): Promise<TrainingRecord | undefined> {
    try {
      const { preprocessing } = readModelFile(await readWhole(path, MOST_MODEL_BYTES));
      return (preprocessing as { training?: TrainingRecord } | undefined)?.training;
    } catch {
      return undefined;
    }
  }
}

/** A trial may have been run elsewhere under the same number: only the very same value is its own. */
const isOf = ({ state, value }: FrozenTrial, { validationError }: TrainingRecord): boolean =>
  state === 'COMPLETE' && value === validationError;

/** Place of a trial in the study: that of the trial which it runs again, where it does. */
export const placeOf = (trials: readonly FrozenTrial[], number: number): number =>
  latestByPlace(trials).findIndex((trial) => trial.number === number);
