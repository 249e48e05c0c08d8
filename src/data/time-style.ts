/** Writes times as the rows of a table write theirs: its columns, separators, zeros in front. */

import {
  civilFromDays,
  formatTime,
  parseTime,
  SECONDS_PER_DAY,
  type StampParts,
  stampParts,
  type TimeFormat,
} from './civil-date.js';
import { textCells } from './columns.js';
import type { CsvTable } from './csv.js';
import type { TimeAxis } from './time-axis.js';

/** The cells of a time, one for each column of the axis. */
type TimeWriter = (seconds: number) => readonly string[];

/** @param axis of the table */
export function timeWriter(table: CsvTable, { columns, format }: TimeAxis): TimeWriter {
  const cells = columns.map((column) => textCells(table, column));
  if (columns.length > 1) return partsWriter(cells);
  const write = stampWriter(cells[0], format);
  return (seconds) => [write(seconds)];
}

/** Year, month and day in columns of their own: 1 or 01. */
function partsWriter(cells: readonly (readonly string[])[]): TimeWriter {
  const padded = cells.map((column) => column.some((cell) => cell.startsWith('0')));
  return (seconds) => {
    const { year, month, day } = civilFromDays(Math.floor(seconds / SECONDS_PER_DAY));
    return [year, month, day]
      .slice(0, cells.length)
      .map((part, i) => (padded[i] ? String(part).padStart(2, '0') : String(part)));
  };
}

const PARTS = ['month', 'day', 'hour'] as const;

function stampWriter(cells: readonly string[], format: TimeFormat): (seconds: number) => string {
  // a cell may be coarser than the others: one of the finest shows all separators
  let sample: StampParts = {};
  const narrow = new Set<string>();
  const padded = new Set<string>();
  const endings = new Set<string>();
  for (const cell of cells) {
    const parts = stampParts(cell) as StampParts;
    for (const part of PARTS) {
      if (parts[part]?.length === 1) narrow.add(part);
      if (parts[part]?.startsWith('0')) padded.add(part);
    }
    endings.add(endingOf(parts));
    if (parseTime(cell)?.format === format) sample = parts;
  }
  // 2014-9-30 does not tell of its day, but its month does
  for (const [one, other] of [
    ['month', 'day'],
    ['day', 'month'],
  ]) {
    if (narrow.has(one) && !padded.has(other)) narrow.add(other);
  }
  // fractions and zones that differ from row to row say nothing of rows to come
  const ending = endings.size === 1 ? endingOf(sample) : '';
  return (seconds) => {
    const text = formatTime(seconds, format);
    const iso = stampParts(text);
    // after the year 9999
    if (!iso) return text;
    const written = (part: (typeof PARTS)[number], before: string | undefined) => {
      const digits = iso[part];
      if (digits === undefined) return '';
      return `${before}${narrow.has(part) ? Number(digits) : digits}`;
    };
    return [
      iso.year,
      written('month', sample.beforeMonth),
      written('day', sample.beforeDay),
      written('hour', sample.beforeHour),
      iso.minute === undefined ? '' : `:${iso.minute}`,
      iso.second === undefined ? '' : `:${iso.second}`,
      ending,
    ].join('');
  };
}

const endingOf = ({ fraction = '', zone = '' }: StampParts): string => fraction + zone;
