/** A CSV file on disk as a table. */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { CsvReader, type CsvTable } from '../data/csv.js';
import { readPieces } from './read-file.js';

const MOST_BYTES = 2 ** 29;
/** Share of the memory of the process that cells may take: the rest is for what is made of them. */
const SHARE = 0.4;

/**
 * Reads a CSV file; `sha256` is of its bytes.
 * @throws SluiceError 'bad-file' when it is missing, no file, unreadable, too large or no text;
 *   'bad-data' for its content
 */
export async function readTable(path: string): Promise<{ table: CsvTable; sha256: string }> {
  const memory = SHARE * getHeapStatistics().heap_size_limit;
  const reader = new CsvReader(basename(path), { memory });
  const hash = createHash('sha256');
  await readPieces(path, MOST_BYTES, (piece) => {
    hash.update(piece);
    reader.push(piece);
  });
  return { table: reader.end(), sha256: hash.digest('hex') };
}
