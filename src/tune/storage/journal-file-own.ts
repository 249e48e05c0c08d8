/**
 * The small files beside a journal, read with care: what stands under such a name may be anybody's.
 * A pipe would keep whoever opens it waiting for ever, a device has no end.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { SluiceError } from '../../errors.js';

export interface OwnFile {
  readonly facts: BigIntStats;
  /** undefined for a link, which is never followed: Optuna's lock leads to the journal. */
  readonly text: string | undefined;
}

/** A link that has taken the file's place since we looked is not followed; nothing waits. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * Opens the file each time: over a network that is what asks for its present state.
 * @returns undefined where there is none
 * @throws SluiceError 'storage' that names the path where something else than a file or link stands
 */
export function readOwnFile(path: string): OwnFile | undefined {
  const facts = factsOf(path);
  if (facts === undefined) return undefined;
  if (facts.isSymbolicLink()) return { facts, text: undefined };
  requireFile(path, facts);
  let file: number;
  try {
    file = openSync(path, FLAGS);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'ENXIO') return readOwnFile(path); // another stands there now
    throw error;
  }
  try {
    const opened = fstatSync(file, { bigint: true });
    requireFile(path, opened);
    return { facts: opened, text: readFileSync(file, 'utf8') };
  } finally {
    closeSync(file);
  }
}

/** What stands under the very name; undefined for nothing. */
export function factsOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function requireFile(path: string, facts: BigIntStats): void {
  if (!facts.isFile()) throw inTheWay(path, facts);
}

/** The refusal of what nobody who shares the journal has made. */
export function inTheWay(path: string, facts: BigIntStats): SluiceError {
  return new SluiceError(
    'storage',
    `'${path}' is ${kindOf(facts)}, expected a file that programs which share the journal keep ` +
      'there while they work: remove it, or move the journal to another folder',
  );
}

function kindOf(facts: BigIntStats): string {
  if (facts.isSymbolicLink()) return 'a link';
  if (facts.isDirectory()) return 'a folder';
  if (facts.isFIFO()) return 'a pipe';
  return facts.isSocket() ? 'a socket' : 'a device';
}
