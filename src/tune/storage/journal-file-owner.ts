/**
 * Who runs trials of a study: `<journal>.<hash of the study's name>.owner` names the process.
 * It stays behind where that is killed, and counts for nothing then. Where the owner is on
 * another machine (or in another container) its life shows in the file's age alone.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../errors.js';
import { isDead, isForeign, ownIdentity, parseIdentity } from './journal-file-process.js';

const BEAT_MS = 2000;
const DEAD_AFTER_MS = 15_000;

/**
 * @param locked runs a function while nobody else may claim
 * @param silence milliseconds after which the owner on another machine counts as dead
 */
export async function claimStudy(
  journal: string,
  study: string,
  locked: <T>(work: () => Promise<T>) => Promise<T>,
  silence = DEAD_AFTER_MS,
): Promise<() => Promise<void>> {
  const hash = createHash('sha256').update(study).digest('hex').slice(0, 8);
  const path = `${journal}.${hash}.owner`;
  const token = randomUUID();
  const claim = JSON.stringify({ ...ownIdentity(), study, token });
  const free = () =>
    locked(async () => {
      const owner = await liveOwner(path, silence);
      if (owner === undefined) await writeFile(path, claim);
      return owner;
    });
  let owner = await free();
  if (owner?.foreign && !(await beats(path, silence))) owner = await free();
  if (owner) {
    throw new SluiceError(
      'storage',
      `study '${study}' in '${journal}' is being optimized by another process (${owner.name}); ` +
        `wait for it to end, or stop it. If it is dead for certain, delete '${path}'`,
    );
  }
  const beat = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    if ((await readFile(path, 'utf8').catch(() => '')) === claim) await unlink(path);
  };
}

interface Owner {
  readonly name: string;
  readonly foreign: boolean;
}

async function liveOwner(path: string, silence: number): Promise<Owner | undefined> {
  const owner = parseIdentity(await readFile(path, 'utf8').catch(() => ''));
  if (owner === undefined || isDead(owner)) return undefined;
  const foreign = isForeign(owner);
  if (foreign && Date.now() - (await lastBeat(path)) > silence) return undefined;
  return { name: `pid ${owner.pid} on ${owner.host.split(' ')[0]}`, foreign };
}

/** Watches the file until it shows life, or long enough to know that there is none. */
async function beats(path: string, silence: number): Promise<boolean> {
  const first = await lastBeat(path);
  while (Date.now() - first <= silence) {
    await sleep(Math.min(BEAT_MS, silence) / 4);
    if ((await lastBeat(path)) !== first) return true;
  }
  return false;
}

async function lastBeat(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.mtimeMs,
    () => 0,
  );
}
