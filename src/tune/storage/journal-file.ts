/**
 * An Optuna JournalStorage file: one JSON operation a line, only ever appended to. Real Optuna
 * reads it and goes on with it, and the other way round.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../../errors.js';
import { type JournalBackend, type JournalLine, JournalStorage } from './journal.js';
import { decodeJson, encodeOp } from './journal-codec.js';
import { withLock } from './journal-file-lock.js';
import { claimStudy } from './journal-file-owner.js';
import type { JournalOp } from './journal-op.js';
import type { Storage } from './storage.js';

/**
 * Keeps studies in a file; several may share it. Every change is on disk (fdatasync) before
 * the study goes on. A last line that was torn by a crash is cut off.
 * @throws (from createStudy on) SluiceError 'storage' naming the file, and the line where one is at fault
 */
export function journalFile(path: string | URL): Storage {
  const known = typeof path === 'string' ? path !== '' : path instanceof URL;
  if (!known) {
    throw new SluiceError(
      'bad-option',
      `journalFile: the path must be a non-empty string or a file: URL, but got ${String(path)}`,
    );
  }
  return new JournalStorage(new FileBackend(typeof path === 'string' ? path : fileURLToPath(path)));
}

const NEWLINE = 0x0a;

class FileBackend implements JournalBackend {
  readonly subject: string;
  readonly workerId = `sluice-${randomUUID()}`;
  readonly #given: string;
  /** Where the file is, links resolved: the lock must be the same for all who reach it. */
  #path: string | undefined;
  /** Bytes and lines read so far. */
  #offset = 0;
  #lines = 0;

  constructor(path: string) {
    this.#given = path;
    this.subject = `journal '${path}'`;
  }

  async transact(prepare: (lines: readonly JournalLine[]) => readonly JournalOp[]): Promise<void> {
    await this.#translating(() =>
      this.#locked(async (path) => {
        const fresh = this.#path === undefined;
        const handle = await open(path, this.#flags());
        try {
          this.#path = path;
          if (fresh) await syncFolder(path);
          const lines = await this.#readNew(handle);
          await this.#append(handle, prepare(lines));
        } finally {
          await handle.close();
        }
      }),
    );
  }

  async claim(study: string): Promise<() => Promise<void>> {
    return this.#translating(async () =>
      claimStudy(await this.#resolve(), study, (work) => this.#locked(work)),
    );
  }

  #flags(): number {
    const { O_RDWR, O_APPEND, O_CREAT } = constants;
    return O_RDWR | O_APPEND | (this.#path === undefined ? O_CREAT : 0);
  }

  async #resolve(): Promise<string> {
    if (this.#path !== undefined) return this.#path;
    const path = resolve(this.#given);
    return realpath(path).catch(async () => join(await realpath(dirname(path)), basename(path)));
  }

  async #locked<T>(work: (path: string) => Promise<T>): Promise<T> {
    const path = await this.#resolve();
    return withLock(`${path}.lock`, () => work(path));
  }

  async #readNew(handle: FileHandle): Promise<JournalLine[]> {
    const { size } = await handle.stat();
    if (size < this.#offset) {
      throw new SluiceError(
        'storage',
        `${this.subject} became shorter (${size} bytes, had ${this.#offset}) while it was open: ` +
          'another program has replaced or cut it',
      );
    }
    const bytes = Buffer.alloc(size - this.#offset);
    await readFully(handle, bytes, this.#offset);
    const lines: JournalLine[] = [];
    let start = 0;
    let added = 0;
    while (start < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline + 1;
      const text = bytes.toString('utf8', start, newline < 0 ? end : newline);
      const place = `line ${this.#lines + lines.length + 1}`;
      const op = this.#parse(text, place, end === bytes.length);
      if (op === undefined) {
        await handle.truncate(this.#offset + start);
        await handle.datasync();
        break;
      }
      if (newline < 0) {
        await handle.appendFile('\n');
        added = 1;
      }
      lines.push({ place, op });
      start = end;
    }
    this.#offset += start + added;
    this.#lines += lines.length;
    return lines;
  }

  /** undefined for a last line that a crash has torn. */
  #parse(text: string, place: string, last: boolean): JournalOp | undefined {
    try {
      const op = decodeJson(text) as JournalOp | null;
      if (typeof op === 'object' && op !== null && 'op_code' in op) return op;
    } catch {
      // Nothing but the beginning of an operation is cut: the file may not be a journal at all.
      const rest = text.replaceAll('\0', '').trim();
      if (last && (rest === '' || rest.startsWith('{'))) return undefined;
    }
    const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
    throw new SluiceError(
      'storage',
      `${this.subject}, ${place}: expected an operation of an Optuna journal ` +
        `(a JSON object with op_code), but found ${shown}; restore the file from a copy, or ` +
        'give another path',
    );
  }

  async #append(handle: FileHandle, ops: readonly JournalOp[]): Promise<void> {
    if (ops.length === 0) return;
    const bytes = Buffer.from(ops.map((op) => `${encodeOp(op)}\n`).join(''));
    try {
      await handle.appendFile(bytes);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(this.#offset).catch(() => {}); // leaves no half line behind
      throw error;
    }
    this.#offset += bytes.length;
    this.#lines += ops.length;
  }

  /** Names the file in the errors of the file system. */
  async #translating<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { code, message, syscall } = error as NodeJS.ErrnoException;
      if (error instanceof SluiceError || syscall === undefined) throw error;
      const mend = mends[code ?? ''] ?? '';
      throw new SluiceError('storage', `${this.subject}: ${message}${mend}`, { cause: error });
    }
  }
}

const mends: Record<string, string> = {
  ENOENT: '; the folder must exist, and the file must stay while the study is open',
  EISDIR: '; give the path of a file',
  EACCES: '; the file and its folder must be writable',
  EROFS: '; the file and its folder must be writable',
  ENOSPC: '; make room on the disk and open the study again, nothing finished is lost',
};

async function readFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new Error('the file ended early');
    done += bytesRead;
  }
}

/** A new file's name is safe once its folder is; systems that cannot do so do not need it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  try {
    await folder?.sync().catch(() => {});
  } finally {
    await folder?.close();
  }
}
