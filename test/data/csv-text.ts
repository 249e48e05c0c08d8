import { type CsvLimits, CsvReader, type CsvTable } from '../../src/data/csv.js';

/** Reads CSV text that is at hand, in pieces of so many bytes. */
export function parseCsv(
  text: string | Uint8Array,
  name = 'the CSV text',
  piece = Number.POSITIVE_INFINITY,
  limits: Partial<CsvLimits> = {},
): CsvTable {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const reader = new CsvReader(name, limits);
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  return reader.end();
}
