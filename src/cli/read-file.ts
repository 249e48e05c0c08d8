/** Files from outside, read piece by piece: no more than is allowed, and nothing that has no end. */

import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { SluiceError } from '../errors.js';
import { fileTrouble } from '../files/trouble.js';

const PIECE = 2 ** 20;

/**
 * Hands the bytes of a file to `take`, which must not keep them.
 * @param most bytes that the file may have
 * @throws SluiceError 'bad-file' when it is missing, a folder, a pipe or a device, unreadable, or
 *   larger; or what `take` throws
 */
export async function readPieces(
  path: string,
  most: number,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  const file = await openFile(path, most);
  try {
    const buffer = new Uint8Array(PIECE);
    // The size was asked before: a file that grows meanwhile is no longer than allowed either.
    for (let total = 0; ; ) {
      const { bytesRead } = await reading(path, () => file.read(buffer, 0, PIECE));
      if (bytesRead === 0) return;
      total += bytesRead;
      if (total > most) throw tooLarge(path, total, most);
      take(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** All bytes of a file. @throws as readPieces */
export async function readWhole(path: string, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await readPieces(path, most, (piece) => pieces.push(piece.slice()));
  return Buffer.concat(pieces);
}

async function openFile(path: string, most: number): Promise<FileHandle> {
  return reading(path, async () => {
    // Asked before opening, for to open a pipe is to wait for its writer.
    const facts = await stat(path);
    if (facts.isDirectory())
      throw new SluiceError('bad-file', `${path}: is a folder, expected a file`);
    if (!facts.isFile())
      throw new SluiceError(
        'bad-file',
        `${path}: is ${kindOf(facts)}, expected a file; save it to one`,
      );
    if (facts.size > most) throw tooLarge(path, facts.size, most);
    return open(path, 'r');
  });
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError('bad-file', `${path}: ${fileTrouble(cause)}`, { cause });
  }
}

function tooLarge(path: string, size: number, most: number): SluiceError {
  const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  return new SluiceError(
    'bad-file',
    `${path}: has ${megabytes(size)} MB; at most ${megabytes(most)} MB can be read`,
  );
}

/** What stands somewhere, for people. */
export function kindOf(facts: Stats): string {
  if (facts.isFile()) return 'a file';
  if (facts.isDirectory()) return 'a folder';
  if (facts.isFIFO()) return 'a pipe';
  return facts.isSocket() ? 'a socket' : 'a device';
}
