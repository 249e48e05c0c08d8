/**
 * An Optuna JournalStorage file: one JSON operation a line, only ever appended to. Real Optuna
 * reads it and goes on with it, and the other way round.
 */
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../../errors.js';
import { checkKeys, shown } from '../../options.js';
import { JournalStorage } from './journal.js';
import { FileBackend } from './journal-file-backend.js';
import type { Storage } from './storage.js';

/** Options of journalFile. */
export interface JournalFileOptions {
  /**
   * Told who holds the journal or the study, once waiting for that takes longer than a second.
   * Default: console.warn.
   */
  onWait?: ((message: string) => void) | undefined;
}

/**
 * Keeps studies in a file; several processes may share it, Optuna's among them. Every change is
 * on disk (fdatasync) before the study goes on. A last line without its newline was torn by a
 * crash and is cut off; any other damage is refused with the number of the line. No line may be
 * longer than 64 MiB.
 * @param path of the file; it is made where there is none, in a folder that exists
 * @throws SluiceError 'bad-option'; from createStudy on 'storage', naming the file, and the line
 *   where one is at fault
 */
export function journalFile(path: string | URL, options: JournalFileOptions = {}): Storage {
  const known = typeof path === 'string' ? path !== '' : path instanceof URL;
  if (!known) {
    throw new SluiceError(
      'bad-option',
      `journalFile: the path must be a non-empty string or a file: URL, but got ${shown(path)}`,
    );
  }
  const { onWait = (message: string) => console.warn(`sluice: ${message}`) } = checkKeys(
    'journalFile',
    options,
    ['onWait'],
  );
  if (typeof onWait !== 'function') {
    throw new SluiceError(
      'bad-option',
      `journalFile: \`onWait\` must be a function (message), but got ${shown(onWait)}`,
    );
  }
  return new JournalStorage(
    new FileBackend(typeof path === 'string' ? path : fileURLToPath(path), onWait),
  );
}
