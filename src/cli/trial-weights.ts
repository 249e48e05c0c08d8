/** The weights that trials leave in trials/, told from files of others under the same names. */

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors.js';
import { readModelFile } from '../formats/model-file.js';
import { readWhole } from './read-file.js';
import { trialFile } from './trial-file.js';

/** Written into the model file beside the preprocessing. */
export interface TrialTraining {
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

const MOST_MODEL_BYTES = 2 ** 30;

/** Undefined for a file that is no model of a study. */
export async function trainingIn(path: string): Promise<TrialTraining | undefined> {
  try {
    const { preprocessing } = readModelFile(await readWhole(path, MOST_MODEL_BYTES));
    return (preprocessing as { training?: TrialTraining } | undefined)?.training;
  } catch {
    return undefined;
  }
}

/** 'nothing' where none stands; 'foreign' for all but a file with weights that name this place. */
export async function weightsAt(
  path: string,
  place: number,
): Promise<TrialTraining | 'nothing' | 'foreign'> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) return 'nothing';
  const training = facts.isFile() ? await trainingIn(path) : undefined;
  return training?.trial === place ? training : 'foreign';
}

/**
 * The file for the weights of a trial, before they are written.
 * @throws SluiceError 'storage' where they would replace a file of somebody else, or follow a link
 */
export async function placeForWeights(folder: string, place: number): Promise<string> {
  const path = join(folder, trialFile(place));
  if ((await lstat(folder).catch(() => undefined))?.isSymbolicLink()) {
    throw new SluiceError(
      'storage',
      `${folder} is a link, expected a folder of the study's own: remove it`,
    );
  }
  if ((await weightsAt(path, place)) === 'foreign') {
    throw new SluiceError(
      'storage',
      `${path} holds no weights of the trial at place ${place} of this study, and would be replaced: move it to another place`,
    );
  }
  return path;
}
