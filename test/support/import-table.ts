// The table of docs/architecture.md that says who may import whom, as data.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = fileURLToPath(new URL('../../docs/architecture.md', import.meta.url));

export interface Permission {
  readonly anything: boolean;
  /** Rooms and libraries. */
  readonly values: readonly string[];
  /** Rooms of which only types may be imported. */
  readonly types: readonly string[];
}

export interface ImportTable {
  /** Modules at the root of src/ that every room may import. */
  readonly shared: readonly string[];
  readonly rooms: ReadonlyMap<string, Permission>;
}

const words = (list: string): string[] =>
  list
    .split(/,| and /)
    .map((word) => word.trim().replace(/^`(.*)`$/, '$1'))
    .filter((word) => word !== '');

/** "engine, data; the types of callbacks", "nothing", "anything", "its file storage: files". */
function permissionOf(cell: string): Permission {
  const clauses = cell.split(';').map((clause) => clause.trim().replace(/^its [^:]*: /, ''));
  const typed = clauses.filter((clause) => clause.startsWith('the types of '));
  const plain = clauses.filter((clause) => !typed.includes(clause) && clause !== 'nothing');
  return {
    anything: plain.includes('anything'),
    values: plain.flatMap(words),
    types: typed.flatMap((clause) => words(clause.replace('the types of ', ''))),
  };
}

export function readImportTable(): ImportTable {
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1));
  const heading = rows.find(([, , cell]) => cell?.includes('may import, besides'));
  if (heading === undefined) throw new Error('docs/architecture.md has lost its import table');
  const rooms = new Map<string, Permission>();
  for (const [names, , cell] of rows) {
    for (const [, room] of names.matchAll(/`src\/(\w+)`/g)) rooms.set(room, permissionOf(cell));
  }
  return { shared: words(heading[2].replace('may import, besides', '')), rooms };
}
