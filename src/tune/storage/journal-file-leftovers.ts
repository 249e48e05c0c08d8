/** What a killed process leaves beside a journal: removed where it is ours and its maker is dead. */
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeadMark, isDeadOldIdentity, parseIdentity } from '../../files/process.js';
import { breakDead } from './journal-file-lock.js';
import { readOwnFile } from './journal-file-own.js';

/** Drafts of the lock and locks on their way out; the mark names their process. */
const MARKED = /^(?:\.[0-9a-f]{12}\.break)*\.([0-9a-f]{8}-\d+-[0-9a-f]{8})\.\d+\.(?:draft|aside)$/;
const RIGHT = /^(?:\.[0-9a-f]{12}\.break)+$/;
/** As version 0.1 named them; who made them stands inside. */
const OLD = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(?:draft|rename)$/;

/** @param lock the path of the lock. Never throws: what cannot be removed stays. */
export function removeLeftovers(lock: string): void {
  for (const name of namesBeside(lock)) {
    try {
      remove(lock, name.slice(basename(lock).length));
    } catch {
      // Somebody else has removed it this moment, or it may not be touched.
    }
  }
}

function namesBeside(lock: string): string[] {
  try {
    return readdirSync(dirname(lock)).filter((name) => name.startsWith(basename(lock)));
  } catch {
    return []; // a folder that may be written, but not read
  }
}

function remove(lock: string, rest: string): void {
  if (!MARKED.test(rest) && !RIGHT.test(rest) && !OLD.test(rest)) return;
  const path = join(dirname(lock), `${basename(lock)}${rest}`);
  const found = readOwnFile(path); // throws where it is no file, which none of ours is
  const mark = MARKED.exec(rest)?.[1];
  if (mark !== undefined && isDeadMark(mark)) rmSync(path, { force: true });
  if (RIGHT.test(rest)) breakDead(path);
  if (OLD.test(rest)) {
    const identity = parseIdentity(found?.text ?? '');
    if (identity && isDeadOldIdentity(identity)) rmSync(path, { force: true });
  }
}
