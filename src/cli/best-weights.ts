/**
 * The weights of the best trial: each trial leaves its own in trials/ before its value is known to
 * the study; the best ones become the model, the others go. At any moment the best one's weights
 * are in model.safetensors or in trials/.
 */

import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors.js';
import { fileTrouble } from '../files/trouble.js';
import { latestByPlace, PlaceIndex } from '../tune/lineage.js';
import type { FrozenTrial } from '../tune/trial.js';
import type { StudyFolder } from './study-folder.js';
import { isTrialFile, placeOfTrialFile, trialFile } from './trial-file.js';
import { type TrialTraining, trainingIn, weightsAt } from './trial-weights.js';

/** A trial whose weights are in the folder's model. */
export interface Kept {
  readonly trial: FrozenTrial;
  readonly place: number;
  readonly training: TrialTraining;
}

export class BestWeights {
  readonly #folder: StudyFolder;
  readonly #say: (message: string) => void;
  readonly #places = new PlaceIndex();
  #kept: Kept | undefined;
  /** Trials end side by side; their weights are sorted one after the other. */
  #sorting: Promise<void> = Promise.resolve();

  /** @param say told of files under the names of weights that are not this study's: they stay */
  constructor(folder: StudyFolder, say: (message: string) => void = () => {}) {
    this.#folder = folder;
    this.#say = say;
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
    const training = await trainingIn(this.#folder.model);
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

  /** Only weights that name this place are ours: whatever else bears their name is left alone. */
  async #sort(trial: FrozenTrial | undefined, place: number): Promise<void> {
    const path = join(this.#folder.trials, trialFile(place));
    await this.#folder.checkFolders();
    const training = await weightsAt(path, place);
    if (training === 'nothing') return;
    if (training === 'foreign') {
      this.#say(
        `${path} holds no weights of the trial at place ${place} of this study, and stays as it is`,
      );
      return;
    }
    await this.#folder.checkFolders(); // it may have been swapped while that was read
    try {
      if (!(trial && this.#isBetter(trial, place) && isOf(trial, training))) {
        await rm(path, { force: true });
        return;
      }
      await rename(path, this.#folder.model);
      this.#kept = { trial, place, training };
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
}

/** A trial may have been run elsewhere under the same number: only the very same value is its own. */
const isOf = ({ state, value }: FrozenTrial, { validationError }: TrialTraining): boolean =>
  state === 'COMPLETE' && value === validationError;
