/** Where a result may be written: nothing that stands there is lost unless that was asked for. */

import { constants, type Stats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SluiceError } from '../errors.js';
import { fileTrouble } from '../files/trouble.js';
import { removeLeftoversOf, writeWhole } from '../files/whole-file.js';
import { UsageError } from './usage-error.js';

/**
 * Asked before the work, not after it.
 * @param inputs files that the result is made from; it never takes their place, by whatever name
 * @throws SluiceError 'storage' where the file exists and `force` is not given, or cannot be
 *   written; UsageError when it is an input, or ends like the name of a folder
 */
export async function checkOutputFile(
  out: string,
  force: boolean,
  inputs: readonly string[],
): Promise<void> {
  const found = await stat(out).catch(() => undefined);
  if (found) {
    for (const input of inputs) {
      if (isSameFile(found, await stat(input).catch(() => undefined)))
        throw new UsageError(`--out: ${out} is an input; give another file`);
    }
    refuseTaken(out, found, force);
  } else if (/[/\\]$/.test(out)) {
    throw new UsageError(`--out: ${out} names a folder; give the name of a file`);
  }
  const folder = dirname(out);
  await access(folder, constants.W_OK | constants.X_OK).catch((cause) => {
    throw new SluiceError('storage', `${folder}: ${fileTrouble(cause)}`, { cause });
  });
}

function refuseTaken(out: string, found: Stats, force: boolean): void {
  if (found.isDirectory())
    throw new SluiceError('storage', `${out} is a folder: name a file with --out <file>`);
  if (!found.isFile()) {
    throw new SluiceError(
      'storage',
      `${out} is no file, and is not replaced by one: name a file with --out <file>`,
    );
  }
  if (!force) {
    throw new SluiceError(
      'storage',
      `${out} exists already: add --force to replace it, or --out <file> for another`,
    );
  }
}

const isSameFile = (a: Stats, b: Stats | undefined) =>
  b !== undefined && a.ino === b.ino && a.dev === b.dev;

/** Writes a text where `checkOutputFile` has looked. @throws SluiceError 'storage' naming the file */
export async function writeResult(out: string, text: string): Promise<void> {
  await removeLeftoversOf(out).catch(() => {});
  await writeWhole(out, text).catch((cause) => {
    throw new SluiceError('storage', `${out}: ${fileTrouble(cause)}`, { cause });
  });
}
