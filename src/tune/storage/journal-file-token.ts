/**
 * Small files that say who made them: a lock, the right to break one. Each holds a token that
 * never comes again, so that nobody takes one file for another that stands in its place.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {
  type Fate,
  fateOf,
  ownIdentity,
  ownMark,
  type ProcessIdentity,
  parseIdentity,
} from './journal-file-process.js';

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
    createOnce(this.#path, JSON.stringify({ ...ownIdentity(), token: this.#token }));
    // What stands there counts, not what the system answered: over a network an answer may be lost.
    if (this.isHeld()) return true;
    active.delete(this.#token);
    return false;
  }

  isHeld(): boolean {
    return inspect(this.#path)?.id === this.#id;
  }

  /** Removes the file, if it is still this token's. */
  release(): void {
    active.delete(this.#token);
    if (this.isHeld()) takeAway(this.#path, this.#id);
  }
}

/** undefined where there is no file. */
export function inspect(path: string): FoundToken | undefined {
  try {
    const found = lstatSync(path, { bigint: true });
    // Optuna's link leads to the journal: not to be read, but its age is the lock's, as there.
    if (found.isSymbolicLink()) return anonymous(found, ageOf(path));
    const text = readFileSync(path, 'utf8');
    const holder = parseIdentity(text);
    const token = holder && (JSON.parse(text) as { token?: unknown }).token;
    if (holder === undefined || typeof token !== 'string') {
      return { ...anonymous(found, ''), holder, fate: holder ? fateOf(holder) : 'unknown' };
    }
    const abandoned = token.startsWith(`${instance}.`) && !active.has(token);
    const fate = abandoned ? 'dead' : fateOf(holder);
    return { id: digest(token), holder, fate, sign: String(found.mtimeNs) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
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
  const aside = `${path}.${ownMark()}.${count++}.aside`;
  try {
    renameSync(path, aside);
    if (inspect(aside)?.id !== id) restore(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
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

/**
 * The file comes into being with its content, as a link to a file already written: a process
 * killed at any moment leaves none that names nobody and is waited for in vain.
 */
function createOnce(path: string, content: string): void {
  const draft = `${path}.${ownMark()}.${count++}.draft`;
  try {
    writeFileSync(draft, content);
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
