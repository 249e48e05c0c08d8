/** A journal in a file, shared with other processes: reads what is new, appends under the lock. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SluiceError } from '../../errors.js';
import { type JournalBackend, OWN_PREFIX } from './journal.js';
import { removeLeftovers } from './journal-file-leftovers.js';
import {
  decodeLine,
  encodeLine,
  excessOf,
  LONGEST_LINE,
  takeLines,
  wholePart,
} from './journal-file-lines.js';
import { type Held, withLock } from './journal-file-lock.js';
import { claimStudy } from './journal-file-owner.js';
import type { JournalOp } from './journal-op.js';
import { thenRelease } from './then-release.js';

/** More than that is read before the lock is taken, so that others do not wait for us. */
const MOST_UNDER_LOCK = 2 ** 20;
/** How long reading may keep the rest of the program waiting. */
const TURN_MS = 20;

type Read = (op: JournalOp, where: string) => void;

export class FileBackend implements JournalBackend {
  readonly subject: string;
  readonly workerId = `${OWN_PREFIX}${randomUUID()}`;
  readonly #given: string;
  readonly #onWait: (message: string) => void;
  /** Where the file is, links resolved: the lock must be the same for all who reach it. */
  #path: string | undefined;
  /** Bytes and lines read so far. */
  #offset = 0;
  #lines = 0;
  readonly #encoded = new WeakMap<JournalOp, Buffer>();

  constructor(path: string, onWait: (message: string) => void) {
    this.#given = path;
    this.#onWait = (message) => onWait(`${this.subject}: ${message}`);
    this.subject = `journal '${path}'`;
  }

  async transact(
    read: Read,
    prepare: () => readonly JournalOp[],
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#translating(async () => {
      let seen = this.#offset;
      for (;;) {
        const size = await this.#attempt(read, prepare, seen, signal);
        if (size === undefined) return;
        seen = Math.max(seen, size);
        await this.#open((handle) => this.#readUpTo(handle, size, read, signal));
      }
    });
  }

  check(op: JournalOp): void {
    const line = encodeLine(op);
    if (line.length - 1 > LONGEST_LINE) {
      throw new SluiceError(
        'storage',
        `${this.subject}: an operation of ${line.length} bytes is longer than a line may be ` +
          `(${LONGEST_LINE}); keep large attributes in a file of their own and note its name`,
      );
    }
    const excess = excessOf(line);
    if (excess !== undefined) {
      throw new SluiceError(
        'storage',
        `${this.subject}: an operation cannot be written: ${excess}; keep large attributes in a ` +
          'file of their own and note its name',
      );
    }
    this.#encoded.set(op, line);
  }

  async claim(study: string, signal?: AbortSignal): Promise<() => Promise<void>> {
    const options = { onWait: this.#onWait, signal };
    const release = await this.#translating(async () =>
      claimStudy(await this.#resolve(), study, this.#locked.bind(this), options),
    );
    return () => this.#translating(release);
  }

  /**
   * Reads the rest and writes, under the lock. Where the rest is long, nothing but its size is
   * taken: what ends in a newline by then is never changed again and can be read without a lock.
   * @param seen the size up to which all whole lines have been read
   * @returns undefined once it is done, else the size to be read up to before the next attempt
   */
  #attempt(
    read: Read,
    prepare: () => readonly JournalOp[],
    seen: number,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    return this.#locked(
      (path, held) =>
        this.#open(async (handle) => {
          const size = await this.#size(handle);
          if (this.#path === undefined) await this.#begin(path, size);
          if (size > seen && size - this.#offset > MOST_UNDER_LOCK) return size;
          await this.#readUpTo(handle, size, read, signal);
          if (!(await this.#mendTail(handle, size, held, read))) return size;
          const ops = prepare();
          if (ops.length === 0) return undefined;
          if (!held.isHeld()) return size; // taken for dead, by one who may be writing: once more
          await this.#append(handle, ops, held, read);
          return undefined;
        }, path),
      signal,
    );
  }

  async #begin(path: string, size: number): Promise<void> {
    this.#path = path;
    if (size === 0) await syncFolder(path);
    removeLeftovers(`${path}.lock`);
  }

  async #open<T>(
    work: (handle: FileHandle) => Promise<T>,
    path = this.#path as string,
  ): Promise<T> {
    const { O_RDWR, O_APPEND, O_CREAT } = constants;
    const flags = O_RDWR | O_APPEND | (this.#path === undefined ? O_CREAT : 0);
    const handle = await open(path, flags);
    return thenRelease(
      () => handle.close(),
      () => work(handle),
    );
  }

  async #resolve(): Promise<string> {
    if (this.#path !== undefined) return this.#path;
    const path = resolve(this.#given);
    return realpath(path).catch(async () => join(await realpath(dirname(path)), basename(path)));
  }

  async #locked<T>(
    work: (path: string, held: Held) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const path = await this.#resolve();
    const options = { onWait: this.#onWait, signal };
    return withLock(`${path}.lock`, (held) => work(path, held), options);
  }

  async #size(handle: FileHandle): Promise<number> {
    const found = await handle.stat();
    if (!found.isFile()) {
      throw new SluiceError('storage', `${this.subject} is not a file; give the path of a file`);
    }
    if (found.size < this.#offset) {
      throw new SluiceError(
        'storage',
        `${this.subject} became shorter (${found.size} bytes, had ${this.#offset}) while it was ` +
          'open: another program has replaced or cut it',
      );
    }
    return found.size;
  }

  /** Hands over the whole lines up to `size`. State and offset keep step, whichever line fails. */
  async #readUpTo(
    handle: FileHandle,
    size: number,
    read: Read,
    signal?: AbortSignal,
  ): Promise<void> {
    let turn = performance.now();
    const rest = async () => {
      await nextTurn();
      if (signal?.aborted) throw this.#stopped(signal);
      turn = performance.now();
    };
    const pause = () => (performance.now() - turn < TURN_MS ? undefined : rest());
    try {
      await takeLines(handle, this.#offset, size, (line) => this.#take(line, read), pause);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#refusal(`it is longer than ${LONGEST_LINE} bytes, the most that a line may have`);
    }
  }

  #take(line: Buffer, read: Read): void {
    read(this.#decode(line), `line ${this.#lines + 1}`);
    this.#offset += line.length + 1;
    this.#lines += 1;
  }

  #decode(line: Buffer): JournalOp {
    try {
      return decodeLine(line);
    } catch (error) {
      throw this.#refusal((error as Error).message);
    }
  }

  #refusal(found: string): SluiceError {
    return new SluiceError(
      'storage',
      `${this.subject}, line ${this.#lines + 1}: expected an operation of an Optuna journal ` +
        `(a JSON object with op_code), but ${found}; restore the file from a copy, mend the ` +
        'line, or give another path',
    );
  }

  #stopped({ reason }: AbortSignal): SluiceError {
    return new SluiceError('aborted', `${this.subject}: reading was stopped`, { cause: reason });
  }

  /**
   * Where the last line has no newline: cuts it off if it was torn, ends it if it is whole.
   * @returns false where the lock is lost, and somebody may be writing that very line
   */
  async #mendTail(handle: FileHandle, size: number, held: Held, read: Read): Promise<boolean> {
    if (size === this.#offset) return true;
    const line = Buffer.alloc(size - this.#offset);
    await handle.read(line, 0, line.length, this.#offset);
    let kept: number;
    try {
      kept = wholePart(line);
    } catch (error) {
      throw this.#refusal((error as Error).message);
    }
    const unchanged = (await handle.stat()).size === size;
    if (!held.isHeld() || !unchanged) return false;
    if (kept < line.length) await handle.truncate(this.#offset + kept);
    if (kept > 0) {
      await handle.appendFile('\n');
      this.#take(line.subarray(0, kept), read);
    }
    await handle.datasync();
    return true;
  }

  async #append(
    handle: FileHandle,
    ops: readonly JournalOp[],
    held: Held,
    read: Read,
  ): Promise<void> {
    const lines = ops.map((op) => this.#encoded.get(op) ?? encodeLine(op));
    const bytes = Buffer.concat(lines);
    const before = this.#offset;
    try {
      await handle.appendFile(bytes);
      await handle.datasync();
    } catch (error) {
      if (held.isHeld()) await handle.truncate(before).catch(() => {}); // no half line stays
      throw error;
    }
    const { size } = await handle.stat();
    if (size === before + bytes.length) {
      ops.forEach((op, i) => {
        this.#offset += lines[i].length;
        this.#lines += 1;
        read(op, `line ${this.#lines}`);
      });
      return;
    }
    await this.#readAmong(handle, size, ops, read);
  }

  /**
   * Another has written at the same time, who broke our lock: what stands in the file counts, in
   * its order. Our operations are known by their bytes.
   */
  async #readAmong(
    handle: FileHandle,
    size: number,
    ops: readonly JournalOp[],
    read: Read,
  ): Promise<void> {
    const left = [...ops];
    await takeLines(handle, this.#offset, size, (line) => {
      const next = left[0] && (this.#encoded.get(left[0]) ?? encodeLine(left[0]));
      const isOurs = next?.subarray(0, -1).equals(line) ?? false;
      this.#take(line, isOurs ? (_, where) => read(left.shift() as JournalOp, where) : read);
    });
    if (left.length > 0) {
      throw new SluiceError(
        'storage',
        `${this.subject}: another program has replaced or cut what was just written; restore ` +
          'the file from a copy',
      );
    }
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
  ENOTDIR: '; a part of the path is a file: give one through folders',
  ENAMETOOLONG: '; give a shorter name: a lock beside the file has a longer one',
  EACCES: '; the file and its folder must be writable',
  EPERM: '; the file and its folder must be writable',
  EROFS: '; the file and its folder must be writable',
  ENOSPC: '; make room on the disk and open the study again, nothing finished is lost',
  EDQUOT: '; the quota is used up: make room and open the study again, nothing finished is lost',
};

/** A new file's name is safe once its folder is; systems that cannot do so do not need it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  try {
    await folder?.sync().catch(() => {});
  } finally {
    await folder?.close();
  }
}
