/** A CSV file on disk as a table. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CsvTable, decodeText, parseCsv } from '../data/csv.js';
import { SluiceError } from '../errors.js';

/** A string of JavaScript holds no more. */
const MOST_BYTES = 2 ** 29 - 24;

/**
 * Reads a CSV file; `sha256` is of its bytes.
 * @throws SluiceError 'bad-file' when it is missing, a folder, unreadable or no text; 'bad-data'
 *   for its content
 */
export async function readTable(path: string): Promise<{ table: CsvTable; sha256: string }> {
  const bytes = await readBytes(path);
  if (bytes.length > MOST_BYTES) {
    throw new SluiceError(
      'bad-file',
      `${path} has ${Math.round(bytes.length / 2 ** 20)} MB; at most 512 MB can be read`,
    );
  }
  const name = basename(path);
  const table = parseCsv(decodeText(bytes, name), name);
  return { table, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** @throws SluiceError 'bad-file' in one line */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SluiceError('bad-file', `${path}: ${fileProblem(cause)}`, { cause });
  }
}

/** What is wrong with a file, for people. */
export function fileProblem(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file or folder; check the path';
  if (code === 'EISDIR') return 'is a folder, expected a file';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission; check who may access it';
  if (code === 'ENOTDIR') return 'a part of the path is a file, not a folder';
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'ERR_FS_FILE_TOO_LARGE') return 'is larger than 2 GB, more than can be read';
  return message ?? String(cause);
}
