/**
 * Small files that say who made them: a lock, the right to break one. Each holds a token that
 * never comes again, so that nobody takes one file for another that stands in its place.
 */
import { createHash, randomUUID } from 'node:crypto';
import { linkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { SluiceError } from '../../errors.js';
import {
  type Fate,
  fateOf,
  ownIdentity,
  ownMark,
  type ProcessIdentity,
  parseIdentity,
} from '../../files/process.js';
import { factsOf, readOwnFile } from './journal-file-own.js';

/** What stands at a path. */
export interface FoundToken {
  /** 12 hexadecimal digits; another file there has others. */
  readonly id: string;
  /** undefined for a file of another program. */
  readonly holder?: ProcessIdentity;
  readonly fate: Fate;
  /** Changes when its holder shows life. */
  readonly sign: string;
}

const instance = randomUUID();
/** The tokens that this copy of the program stands for. */
const active = new Set<string>();
let count = 0;

/** A token with its file. */
export class Token {
  readonly #path: string;
  readonly #token = `${instance}.${count++}`;
  readonly #id = digest(this.#token);

  constructor(path: string) {
    this.#path = path;
  }

  /** Makes the file. False where there is one already, or where ours was taken away at once. */
  create(): boolean {
    active.add(this.#token);
    let held = false;
    try {
      createOnce(this.#path, JSON.stringify({ ...ownIdentity(), token: this.#token }));
      // What stands there counts, not what the system answered: over a network an answer may be lost.
      held = this.isHeld();
    } finally {
      if (!held) active.delete(this.#token);
    }
    return held;
  }

  isHeld(): boolean {
    try {
      return inspect(this.#path)?.id === this.#id;
    } catch (error) {
      if (error instanceof SluiceError) return false; // no file stands there, so not ours
      throw error;
    }
  }

  /** Removes the file, if it is still this token's. */
  release(): void {
    active.delete(this.#token);
    if (this.isHeld()) takeAway(this.#path, this.#id);
  }
}

/**
 * @returns undefined where there is no file
 * @throws SluiceError 'storage' where something else stands there: a folder, a pipe, a device
 */
export function inspect(path: string): FoundToken | undefined {
  const found = readOwnFile(path);
  if (found === undefined) return undefined;
  const { facts, text } = found;
  // Optuna's link is not to be read, but the age of what it leads to is the lock's, as there.
  if (text === undefined) return anonymous(facts, ageOf(path));
  const holder = parseIdentity(text);
  const token = holder && (JSON.parse(text) as { token?: unknown }).token;
  if (holder === undefined || typeof token !== 'string') {
    return { ...anonymous(facts, ''), holder, fate: holder ? fateOf(holder) : 'unknown' };
  }
  const abandoned = token.startsWith(`${instance}.`) && !active.has(token);
  const fate = abandoned ? 'dead' : fateOf(holder);
  return { id: digest(token), holder, fate, sign: String(facts.mtimeNs) };
}

function anonymous(
  { ino, mtimeNs, size }: { ino: bigint; mtimeNs: bigint; size: bigint },
  age: string,
): FoundToken {
  return { id: digest(`${ino} ${mtimeNs} ${size}`), fate: 'unknown', sign: `${mtimeNs} ${age}` };
}

function ageOf(path: string): string {
  try {
    return String(statSync(path, { bigint: true }).mtimeNs);
  } catch {
    return '';
  }
}

/** Removes the file with that id, and no other that has taken its place by now. */
export function takeAway(path: string, id: string): void {
  const aside = freeName(path, 'aside');
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const facts = factsOf(aside);
  if (facts !== undefined && !facts.isFile() && !facts.isSymbolicLink()) {
    if (factsOf(path) === undefined) renameSync(aside, path); // nobody's lock: not ours to remove
    return;
  }
  try {
    if (inspect(aside)?.id !== id) restore(aside, path);
  } finally {
    rmSync(aside, { force: true });
  }
}

function restore(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    // Another has been made meanwhile: whoever holds the one moved finds out before he writes.
  }
}

/** Of this process, and nothing stands there yet. */
function freeName(path: string, kind: 'aside' | 'draft'): string {
  for (;;) {
    const name = `${path}.${ownMark()}.${count++}.${kind}`;
    if (factsOf(name) === undefined) return name;
  }
}

/**
 * The file comes into being with its content, as a link to a file already written: a process
 * killed at any moment leaves none that names nobody and is waited for in vain.
 */
function createOnce(path: string, content: string): void {
  const draft = freeName(path, 'draft');
  try {
    writeFileSync(draft, content, { flag: 'wx' });
    linkSync(draft, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (noLinks.includes(code)) createPlainly(path, content);
    else if (code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What file systems without hard links answer (FAT, some network and FUSE ones). */
const noLinks = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EACCES'];

function createPlainly(path: string, content: string): void {
  try {
    writeFileSync(path, content, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
