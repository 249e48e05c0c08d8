/**
 * The folder of a study:
 *
 *   study.json         what the study is about; a resumed run must agree with it
 *   study.log          the journal of all trials
 *   model.safetensors  the best network so far
 *   trials/            weights of trials on their way to become the best; empty at rest
 *   checkpoints/       where running trials stand, to go on from; empty at rest
 *   report.html        written at the end
 *
 * Nothing else in it is ever written, renamed or removed.
 */

import type { Stats } from 'node:fs';
import { lstat, mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SluiceError } from '../errors.js';
import { fileTrouble } from '../files/trouble.js';
import { removeLeftovers, writeNew } from '../files/whole-file.js';
import { compareFingerprints, type Fingerprint, readFingerprint } from './fingerprint.js';
import { kindOf, readWhole } from './read-file.js';
import { isTrialFile } from './trial-file.js';

/** study.json lists the columns of a table, and no more. */
const MOST_DESCRIPTION_BYTES = 2 ** 25;

export class StudyFolder {
  readonly path: string;

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

  get checkpoints(): string {
    return join(this.path, 'checkpoints');
  }

  /** Those that hold files while trials run. */
  get #folders(): readonly string[] {
    return [this.trials, this.checkpoints];
  }

  get #description(): string {
    return join(this.path, 'study.json');
  }

  /**
   * Makes the folder for a new study, or checks that the one in it is the same.
   * @returns whether a study was there
   * @throws SluiceError 'study-mismatch' when a study is there and `resume` is not asked for, when
   *   it is another one, or when other files stand in its way; 'storage' when the path is no folder's
   *   or the folder cannot be written
   */
  async open(fingerprint: Fingerprint, resume: boolean): Promise<boolean> {
    await this.#refuseNoFolder();
    await this.checkFolders();
    if ((await exists(this.#description)) || (await exists(this.journal))) {
      if (!resume) throw this.#taken();
      await this.#compare(fingerprint);
      return true;
    }
    await this.#refuseStrangers();
    return this.#writing(async () => {
      await mkdir(this.path, { recursive: true });
      const text = `${JSON.stringify(fingerprint, null, 2)}\n`;
      if (await writeNew(this.#description, text)) return false;
      // Another run has begun a study here in the meantime.
      if (!resume) throw this.#taken();
      await this.#compare(fingerprint);
      return true;
    });
  }

  /**
   * Makes room for the weights of trials, and clears up behind runs that were killed; only while
   * nobody else runs the study.
   * @throws SluiceError 'storage'
   */
  async prepare(): Promise<void> {
    await this.#writing(async () => {
      for (const folder of this.#folders) await mkdir(folder, { recursive: true });
      await this.checkFolders();
      await this.#removeLeftovers(false);
    });
  }

  /**
   * A link would lead out of the folder, to files that are not ours; one may take the place of
   * trials/ or checkpoints/ at any moment.
   * @throws SluiceError 'storage' where something else than a folder stands there
   */
  async checkFolders(): Promise<void> {
    for (const folder of this.#folders) await checkFolder(folder);
  }

  /** As it is at rest: without the folder for weights, and what stopped workers left half written. */
  async tidy(): Promise<void> {
    await this.#removeLeftovers(true);
    for (const folder of this.#folders) await rmdir(folder).catch(() => {});
  }

  async #removeLeftovers(own: boolean): Promise<void> {
    const files = [this.#description, this.report, this.model].map((path) => basename(path));
    await removeLeftovers(this.path, (name) => files.includes(name), { own });
    if ((await factsOf(this.trials))?.isDirectory())
      await removeLeftovers(this.trials, isTrialFile, { own });
    if ((await factsOf(this.checkpoints))?.isDirectory())
      await removeLeftovers(this.checkpoints, () => true, { own });
  }

  async #compare(wanted: Fingerprint): Promise<void> {
    let found: Partial<Fingerprint> | undefined;
    let cause: unknown;
    try {
      const bytes = await readWhole(this.#description, MOST_DESCRIPTION_BYTES);
      found = readFingerprint(new TextDecoder().decode(bytes));
    } catch (error) {
      cause = error;
    }
    if (found === undefined) {
      throw new SluiceError(
        'study-mismatch',
        `${this.#description} is missing or damaged; tune again with --out <folder>`,
        { cause },
      );
    }
    compareFingerprints(this.path, found, wanted);
  }

  #taken(): SluiceError {
    return new SluiceError(
      'study-mismatch',
      `${this.path} holds a study already: add --resume to go on with it, or --out <folder> for another place`,
    );
  }

  /** What stands under the path, links followed, if anything does, must be a folder. */
  async #refuseNoFolder(): Promise<void> {
    const own = await factsOf(this.path);
    if (own === undefined || own.isDirectory()) return;
    const facts = own.isSymbolicLink() ? await stat(this.path).catch(() => undefined) : own;
    if (facts?.isDirectory()) return;
    const what = facts === undefined ? 'a link that leads nowhere' : kindOf(facts);
    throw new SluiceError(
      'storage',
      `${this.path} is ${what}, expected a folder: give --out <folder> for another place`,
    );
  }

  /** Files of no study that a new one would replace. */
  async #refuseStrangers(): Promise<void> {
    for (const path of [this.model, this.report, ...this.#folders]) {
      const facts = await factsOf(path);
      const empty = facts?.isDirectory() && (await readdir(path)).length === 0;
      if (facts === undefined || (this.#folders.includes(path) && empty)) continue;
      throw new SluiceError(
        'study-mismatch',
        `${path} exists already and belongs to no study: give --out <folder> for another place`,
      );
    }
  }

  async #writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof SluiceError) throw cause;
      throw new SluiceError('storage', `${this.path}: ${fileTrouble(cause)}`, { cause });
    }
  }
}

async function checkFolder(path: string): Promise<void> {
  const facts = await factsOf(path);
  if (facts === undefined || facts.isDirectory()) return;
  throw new SluiceError(
    'storage',
    `${path} is ${facts.isSymbolicLink() ? 'a link' : 'no folder'}, expected a folder of the study's own: remove it, or give --out <folder> for another place`,
  );
}

/** What stands under the name itself, links not followed. */
const factsOf = (path: string): Promise<Stats | undefined> => lstat(path).catch(() => undefined);

const exists = async (path: string): Promise<boolean> => (await factsOf(path)) !== undefined;
