/**
 * Who runs trials of a study: `<journal>.<hash of the study's name>.owner` names the process.
 * It stays behind where that is killed, and counts for nothing then. Where nobody here can tell
 * whether the owner lives (he is on another machine) the file must show it: he touches it every
 * two seconds, and we watch for a change by our own clock. Two clocks are never compared.
 */
import { createHash, randomUUID } from 'node:crypto';
import { open, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../errors.js';
import {
  describeProcess,
  fateOf,
  isOwn,
  ownIdentity,
  type ProcessIdentity,
  parseIdentity,
} from '../../files/process.js';
import { stopped } from './journal-file-lock.js';
import { inTheWay, readOwnFile } from './journal-file-own.js';

const BEAT_MS = 2000;
const DEAD_AFTER_MS = 15_000;
const NAMED_AFTER_MS = 1000;

export interface ClaimOptions {
  /** Milliseconds without a beat after which an owner whose fate is unknown counts as dead. */
  readonly silence?: number;
  /** Told who is waited for, once that takes longer than a second. */
  readonly onWait?: (message: string) => void;
  /** Ends waiting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param locked runs a function while nobody else may claim
 * @returns releases the claim
 */
export async function claimStudy(
  journal: string,
  study: string,
  locked: <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>,
  options: ClaimOptions = {},
): Promise<() => Promise<void>> {
  const hash = createHash('sha256').update(study).digest('hex').slice(0, 8);
  const path = `${journal}.${hash}.owner`;
  const claim = JSON.stringify({ ...ownIdentity(), study, token: randomUUID() });
  /** Claims unless somebody does who may live; `silent` is what the dead have left there. */
  const attempt = (silent?: string) =>
    locked(async () => {
      const found = look(path);
      const free = found === undefined || found.state === silent || found.fate === 'dead';
      if (free) await writeFile(path, claim);
      return free ? undefined : found;
    }, options.signal);
  let owner = await attempt();
  if (owner?.fate === 'unknown' && (await isSilent(path, study, owner, options))) {
    owner = await attempt(owner.state);
  }
  if (owner !== undefined) throw refusal(journal, study, path, owner.identity);
  const beat = setInterval(() => touch(path, claim), BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    const giveUp = async () => {
      if (look(path)?.text === claim) await unlink(path).catch(ignoreMissing);
    };
    // A full disk or a folder that is gone has no place for a lock. What is ours is given up even
    // so: nobody takes over from a process that lives.
    await locked(giveUp).catch(giveUp);
  };
}

function refusal(
  journal: string,
  study: string,
  path: string,
  identity: ProcessIdentity,
): SluiceError {
  const subject = `study '${study}' in '${journal}' is being optimized`;
  if (isOwn(identity)) {
    return new SluiceError(
      'storage',
      `${subject} by this process already; wait for that call of optimize() to end`,
    );
  }
  return new SluiceError(
    'storage',
    `${subject} by another process (${describeProcess(identity)}); ` +
      `wait for it to end, or stop it. If it is dead for certain, delete '${path}'`,
  );
}

interface Owner {
  readonly identity: ProcessIdentity;
  readonly fate: ReturnType<typeof fateOf>;
  readonly text: string;
  /** Changes with every beat. */
  readonly state: string;
}

/** @throws SluiceError 'storage' where no file stands there: no owner is ever a link either */
function look(path: string): Owner | undefined {
  const found = readOwnFile(path);
  if (found === undefined) return undefined;
  const { text, facts } = found;
  if (text === undefined) throw inTheWay(path, facts);
  const identity = parseIdentity(text);
  return identity && { identity, fate: fateOf(identity), text, state: `${facts.mtimeNs} ${text}` };
}

/** Watches until the file shows life, or long enough to know that there is none. */
async function isSilent(
  path: string,
  study: string,
  { state, identity }: Owner,
  { silence = DEAD_AFTER_MS, onWait = () => {}, signal }: ClaimOptions,
): Promise<boolean> {
  const began = performance.now();
  let said = false;
  for (;;) {
    const waited = performance.now() - began;
    if (waited > silence) return true;
    if (waited > NAMED_AFTER_MS && !said) {
      said = true;
      onWait(
        `study '${study}' is claimed by ${describeProcess(identity)}; ` +
          `watching up to ${Math.round(silence / 1000)} s whether that process still lives`,
      );
    }
    if (signal?.aborted) throw stopped(path, signal);
    await sleep(Math.min(BEAT_MS, silence) / 4);
    if (look(path)?.state !== state) return false;
  }
}

/** Only ours: whoever took us for dead has a claim of his own there. */
async function touch(path: string, claim: string): Promise<void> {
  try {
    if (look(path)?.text !== claim) return;
    const handle = await open(path, 'r+');
    await handle.utimes(new Date(), new Date()).finally(() => handle.close());
  } catch {
    // The next beat comes in two seconds.
  }
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}
