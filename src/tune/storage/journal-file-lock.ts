/**
 * The lock beside a journal, `<file>.lock`: whoever creates that file holds it, as in Optuna's
 * JournalFileOpenLock and JournalFileSymlinkLock, so that both programs may share a journal.
 * Ours says who holds it. The lock of a process that is known to be dead is broken at once, that
 * of one known to live never; any other (Optuna's, or another machine's) when nothing has changed
 * for 30 seconds, as Optuna does.
 */
import { utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../errors.js';
import { describeProcess } from '../../files/process.js';
import { type FoundToken, inspect, Token, takeAway } from './journal-file-token.js';
import { thenRelease } from './then-release.js';

const LONGEST_PAUSE_MS = 50;
/** Shows others that a slow holder lives; Optuna breaks a lock unchanged for 30 seconds. */
const BEAT_MS = 5000;
const NAMED_AFTER_MS = 1000;
const NAMED_AGAIN_AFTER_MS = 30_000;

export interface LockOptions {
  /** Milliseconds after which a lock is broken that nobody touches and whose holder is unknown. */
  readonly stale?: number;
  /** Milliseconds after which waiting for one and the same holder ends in an error. */
  readonly patience?: number;
  /** Told who is waited for, once that takes longer than a second. */
  readonly onWait?: (message: string) => void;
  /** Ends waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** What is done under the lock. */
export interface Held {
  /** False once another has broken it: then nothing may be written. */
  isHeld(): boolean;
}

/** Runs `work` while nobody else holds the lock. @throws SluiceError 'storage' naming the holder */
export async function withLock<T>(
  path: string,
  work: (held: Held) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const token = await acquire(path, options);
  const beat = setInterval(() => touch(path, token), BEAT_MS);
  beat.unref();
  const release = async () => {
    clearInterval(beat);
    token.release();
  };
  return thenRelease(release, () => work(token));
}

function touch(path: string, token: Token): void {
  try {
    if (token.isHeld()) utimesSync(path, new Date(), new Date());
  } catch {
    // Broken this moment; the holder finds out before he writes.
  }
}

async function acquire(path: string, options: LockOptions): Promise<Token> {
  const wait = new Wait(path, options);
  for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const token = new Token(path);
    if (token.create()) return token;
    const found = inspect(path);
    if (found !== undefined && wait.isOver(path, found)) {
      breakToken(path, found, wait);
      pause = 1;
    }
    if (found !== undefined) wait.tell(found);
    if (found !== undefined && options.signal?.aborted) throw stopped(path, options.signal);
    await sleep(found ? pause : 0);
  }
}

export function stopped(path: string, { reason }: AbortSignal): SluiceError {
  return new SluiceError('aborted', `waiting for '${path}' was stopped`, { cause: reason });
}

/**
 * Removes the file of a dead holder. Only who has the right to this very file does so: it is a
 * file itself, `<file>.<id>.break`, and one left by a dead process is broken in the same way. As
 * long as somebody has it nobody else removes the file, and the dead cannot: what is found to
 * stand there then stays until it is removed.
 */
function breakToken(path: string, { id }: FoundToken, wait: Pick<Wait, 'isOver'>): void {
  const claim = `${path}.${id}.break`;
  const right = new Token(claim);
  if (right.create()) {
    try {
      if (inspect(path)?.id === id) takeAway(path, id);
    } finally {
      right.release();
    }
    return;
  }
  const other = inspect(claim);
  if (other !== undefined && wait.isOver(claim, other)) breakToken(claim, other, wait);
}

/** Removes a file whose holder is known to be dead, if it is. */
export function breakDead(path: string): void {
  const isOver = (_: string, found: FoundToken) => found.fate === 'dead';
  const found = inspect(path);
  if (found !== undefined && isOver(path, found)) breakToken(path, found, { isOver });
}

/** One wait for a lock: since when which file has shown no life, by our own clock. */
class Wait {
  readonly #path: string;
  readonly #options: Required<Omit<LockOptions, 'signal'>>;
  readonly #began = performance.now();
  readonly #seen = new Map<string, { key: string; since: number }>();
  #nextWord = this.#began + NAMED_AFTER_MS;
  #holder = { id: '', since: 0 };

  constructor(
    path: string,
    { stale = 30_000, patience = 120_000, onWait = () => {} }: LockOptions,
  ) {
    this.#path = path;
    this.#options = { stale, patience, onWait };
  }

  isOver(path: string, { id, sign, fate }: FoundToken): boolean {
    const now = performance.now();
    const key = `${id} ${sign}`;
    const seen = this.#seen.get(path);
    if (seen?.key !== key) this.#seen.set(path, { key, since: now });
    if (fate !== 'unknown') return fate === 'dead';
    return seen?.key === key && now - seen.since > this.#options.stale;
  }

  /** @throws SluiceError once patience is at an end */
  tell(found: FoundToken): void {
    const now = performance.now();
    if (found.id !== this.#holder.id) this.#holder = { id: found.id, since: now };
    if (now < this.#nextWord) return;
    this.#nextWord = now + NAMED_AGAIN_AFTER_MS;
    const { stale, patience, onWait } = this.#options;
    const waited = Math.round((now - this.#began) / 1000);
    const holder = found.holder ? describeProcess(found.holder) : 'a program that gives no name';
    const held = `waiting for '${this.#path}' for ${waited} s, it is held by ${holder}`;
    if (now - this.#holder.since > patience) {
      throw new SluiceError(
        'storage',
        `${held}; let that process go on, or end it, and start again: nothing finished is lost`,
      );
    }
    const until =
      found.fate === 'unknown'
        ? `; it is broken once nothing has changed for ${Math.round(stale / 1000)} s`
        : ', which is alive';
    onWait(`${held}${until}`);
  }
}
