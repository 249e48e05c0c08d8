/**
 * Files that are whole at every moment: written beside their place, flushed, then renamed. What a
 * process that was killed leaves beside them names the process, and is removed when that is dead.
 */

import { randomBytes } from 'node:crypto';
import { link, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeadMark, ownMark } from './process.js';

/**
 * Writes a file so that at no moment, power loss included, a half-written one stands at `path`.
 * @throws what the file system says; nothing is left behind then
 */
export const writeWhole = (path: string, content: string | Uint8Array): Promise<void> =>
  writeBeside(path, content, (draft) => rename(draft, path));

/**
 * The same where nothing may stand there yet.
 * @returns false, with nothing changed, when something does
 */
export async function writeNew(path: string, content: string | Uint8Array): Promise<boolean> {
  try {
    await writeBeside(path, content, async (draft) => {
      await link(draft, path).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') throw error;
        // No hard links here: the name alone decides who comes first.
        await (await open(path, 'wx')).close();
        await rename(draft, path);
      });
      await unlink(draft).catch(ignoreMissing);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function writeBeside(
  path: string,
  content: string | Uint8Array,
  place: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = draftOf(path);
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(draft);
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw error;
  }
  await flushFolder(dirname(path));
}

/** Makes a rename itself durable, where the system and its file system know how. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  // A folder that may be written but not read: the file is whole, and there by now.
  const folder = await open(path, 'r').catch(() => undefined);
  if (folder === undefined) return;
  try {
    await folder.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await folder.close();
  }
}

const draftOf = (path: string): string =>
  `${path}.sluice-${ownMark()}-${randomBytes(6).toString('hex')}.tmp`;

/** The file, and the mark of the process that wrote. */
const DRAFT = /^(.+)\.sluice-([0-9a-f]{8}-[1-9]\d*-[0-9a-f]{8})-[0-9a-f]{12}\.tmp$/;

export interface LeftoverOptions {
  /** Those of this process too: for when nothing of it writes any more. */
  readonly own?: boolean;
}

/**
 * Removes what writeWhole left beside files of a folder when its process was killed. Nothing else
 * goes: neither other names, nor what a living process or one of another machine writes.
 * @param isOurs tells the names of the files that writeWhole wrote here
 */
export async function removeLeftovers(
  folder: string,
  isOurs: (name: string) => boolean,
  { own = false }: LeftoverOptions = {},
): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, file, mark] = DRAFT.exec(name) ?? [];
    if (file === undefined || mark === undefined || !isOurs(file)) continue;
    if (mark === ownMark() ? own : isDeadMark(mark))
      await unlink(join(folder, name)).catch(ignoreMissing);
  }
}

/** Removes what is left beside one file. */
export const removeLeftoversOf = (path: string): Promise<void> =>
  removeLeftovers(dirname(path), (name) => name === basename(path));

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
