/**
 * The lock beside a journal, `<file>.lock`: whoever creates that file holds it, as in Optuna's
 * JournalFileOpenLock and JournalFileSymlinkLock, so that both programs may share a journal.
 * Ours holds who we are: the lock of a process that is known to be dead is broken at once, any
 * other when nothing has changed for 30 seconds.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { link, lstat, readFile, rename, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDead, ownIdentity, parseIdentity } from './journal-file-process.js';

const STALE_MS = 30_000;
const LONGEST_PAUSE_MS = 50;

/**
 * Runs `work` while nobody else holds the lock.
 * @param stale milliseconds after which a lock that nobody touches is broken
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  stale = STALE_MS,
): Promise<T> {
  await acquire(path, stale);
  try {
    return await work();
  } finally {
    await unlink(path).catch(ignoreMissing);
  }
}

async function acquire(path: string, stale: number): Promise<void> {
  let pause = 1;
  let seen = '';
  let since = 0;
  while (!create(path)) {
    const found = await inspect(path);
    if (found === undefined) continue; // released in the meantime
    if (found.id !== seen) {
      seen = found.id;
      since = performance.now();
    }
    if (found.dead || performance.now() - since > stale) {
      await breakLock(path, found.id);
      continue;
    }
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/**
 * The lock comes into being with its holder's name in it, as a link to a file already written: a
 * process killed at any moment leaves no lock that names nobody and is waited for in vain.
 */
function create(path: string): boolean {
  const draft = `${path}${randomUUID()}.draft`;
  try {
    writeFileSync(draft, JSON.stringify(ownIdentity()));
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== undefined && noLinks.includes(code)) return createPlainly(path);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What file systems without hard links answer (FAT, some network and FUSE ones). */
const noLinks = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EACCES'];

function createPlainly(path: string): boolean {
  try {
    writeFileSync(path, JSON.stringify(ownIdentity()), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

interface FoundLock {
  /** Another lock has another id. */
  readonly id: string;
  /** True where its holder is known to be dead; locks of other programs name no holder. */
  readonly dead: boolean;
}

async function inspect(path: string): Promise<FoundLock | undefined> {
  const id = await identify(path);
  if (id === undefined) return undefined;
  // Optuna's symlink leads to the journal itself: not to be read.
  const text = id.startsWith('link') ? '' : await readFile(path, 'utf8').catch(() => '');
  const holder = parseIdentity(text);
  return { id, dead: holder !== undefined && isDead(holder) };
}

async function identify(path: string): Promise<string | undefined> {
  try {
    const stat = await lstat(path);
    return `${stat.isSymbolicLink() ? 'link' : 'file'} ${stat.ino} ${stat.ctimeMs}`;
  } catch (error) {
    return ignoreMissing(error);
  }
}

/** Moves the lock away first: of several that want to break it, one succeeds. */
async function breakLock(path: string, id: string): Promise<void> {
  if ((await identify(path)) !== id) return;
  const aside = `${path}${randomUUID()}.rename`;
  try {
    await rename(path, aside);
    const ino = (text: string | undefined) => text?.split(' ')[1];
    // Somebody broke it before us and made his own: give it back.
    if (ino(await identify(aside)) !== ino(id)) await link(aside, path).catch(() => {});
    await unlink(aside);
  } catch (error) {
    ignoreMissing(error);
  }
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}
