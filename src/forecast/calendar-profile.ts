/**
 * The calendar profile: what the target usually does on such a day (or hour, or month), learned
 * from the training part alone. The network then forecasts what the calendar does not explain.
 *
 * The profile is a ridge regression on the calendar's terms, with one free level for each block of
 * time (a year, or a tenth of the training part), so that slow drift does not bend it. Inside the
 * training part each block is profiled by the other blocks: the network must meet residuals as
 * large in training as it will meet later.
 */

import { civilFromDays, SECONDS_PER_DAY } from '../data/civil-date.js';
import { type CalendarGroups, calendarTerms } from './calendar-terms.js';
import {
  type NormalEquations,
  normalEquations,
  ridgeOfSums,
  type SparseRows,
  sparseRidge,
} from './sparse-ridge.js';

export interface CalendarProfile {
  readonly groups: CalendarGroups;
  readonly penalty: number;
  /** Weight of each term; terms that training never saw have none. */
  readonly weights: Readonly<Record<string, number>>;
}

const PENALTIES = [0.3, 1, 3, 10, 30, 100];
const FEWEST_BLOCKS = 3;
/** Blocks that are left out together beyond this many: the work grows with the rows alone. */
const MOST_FOLDS = 32;
/** Beyond so many entries, read once a fold, rows are summed up once instead of read at each step. */
const MOST_READ = 2 ** 22;

/** The profile at one moment, in the units that it was fitted in. */
export function profileAt(profile: CalendarProfile, seconds: number): number {
  let sum = 0;
  for (const [name, value] of calendarTerms(seconds, profile.groups))
    sum += (profile.weights[name] ?? 0) * value;
  return sum;
}

/**
 * Fits a profile to the training part.
 * @param seconds time of each training row
 * @param values target of each training row
 * @returns the profile and its cross-fitted values at the training rows; undefined when the
 *   calendar explains less than a fiftieth of the variance of blocks that it has not seen
 */
export function fitCalendarProfile(
  seconds: Float64Array,
  values: Float64Array,
  groups: CalendarGroups,
): { profile: CalendarProfile; crossFitted: Float64Array } | undefined {
  const blocks = blocksOf(seconds);
  const count = blocks[blocks.length - 1] + 1;
  if (count < FEWEST_BLOCKS) return undefined;
  const { rows, names } = design(seconds, groups, blocks, count);
  let best: { error: number; penalty: number; crossFitted: Float64Array } | undefined;
  const weights = PENALTIES.map((penalty) => penalties(rows.width, names.length, penalty));
  for (const [i, crossFitted] of crossFit(rows, values, blocks, count, weights).entries()) {
    const error = withinBlocks(values, crossFitted, blocks, count);
    if (!best || error < best.error) best = { error, penalty: PENALTIES[i], crossFitted };
  }
  const nothing = withinBlocks(values, new Float64Array(values.length), blocks, count);
  if (!best || !(best.error < 0.98 * nothing)) return undefined;
  const w = sparseRidge(
    rows,
    values,
    rowsWhere(values.length, () => true),
    penalties(rows.width, names.length, best.penalty),
  );
  // A millionth of the target's deviation is enough, and keeps the model file short.
  const named = Object.fromEntries(names.map((name, j) => [name, Math.round(w[j] * 1e6) / 1e6]));
  return {
    profile: { groups, penalty: best.penalty, weights: named },
    crossFitted: best.crossFitted,
  };
}

/** Block number of each row: its year where there are enough years, else a tenth of the rows. */
function blocksOf(seconds: Float64Array): Uint32Array {
  const years = Array.from(
    seconds,
    (time) => civilFromDays(Math.floor(time / SECONDS_PER_DAY)).year,
  );
  const first = years[0];
  if (years[years.length - 1] - first + 1 >= FEWEST_BLOCKS) return renumber(years);
  return Uint32Array.from(seconds, (_, row) => Math.floor((row * 10) / seconds.length));
}

/** Years without rows leave no empty block. */
function renumber(years: number[]): Uint32Array {
  const places = new Map<number, number>();
  return Uint32Array.from(years, (year) => {
    const place = places.get(year) ?? places.size;
    places.set(year, place);
    return place;
  });
}

/** Columns: the terms, then one level for each block. */
function design(seconds: Float64Array, groups: CalendarGroups, blocks: Uint32Array, count: number) {
  const index = new Map<string, number>();
  const columns: number[] = [];
  const entries: number[] = [];
  const starts = new Uint32Array(seconds.length + 1);
  for (let row = 0; row < seconds.length; row++) {
    for (const [name, value] of calendarTerms(seconds[row], groups)) {
      if (!index.has(name)) index.set(name, index.size);
      columns.push(index.get(name)!);
      entries.push(value);
    }
    columns.push(-1 - blocks[row]);
    entries.push(1);
    starts[row + 1] = columns.length;
  }
  const width = index.size + count;
  const placed = Uint32Array.from(columns, (column) =>
    column < 0 ? index.size - 1 - column : column,
  );
  const rows: SparseRows = { starts, columns: placed, values: Float64Array.from(entries), width };
  return { rows, names: [...index.keys()] };
}

/** Terms are drawn towards zero, levels hardly. */
function penalties(width: number, terms: number, penalty: number): Float64Array {
  return Float64Array.from({ length: width }, (_, j) => (j < terms ? penalty : 1e-3));
}

function rowsWhere(length: number, holds: (row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) if (holds(row)) rows[count++] = row;
  return rows.subarray(0, count);
}

/**
 * The values of each row as the rows of other blocks have it.
 * @param weights penalties of the columns, for each fit
 * @returns values [rows], for each fit
 */
export function crossFit(
  rows: SparseRows,
  values: Float64Array,
  blocks: Uint32Array,
  count: number,
  weights: readonly Float64Array[],
  mostRead = MOST_READ,
): Float64Array[] {
  const fits = weights.map(() => new Float64Array(values.length));
  const folds = Math.min(count, MOST_FOLDS);
  const foldOf = (row: number) => Math.floor((blocks[row] * folds) / count);
  const summed =
    rows.values.length * folds > mostRead && rows.width ** 2 <= rows.values.length
      ? normalEquations(
          rows,
          values,
          rowsWhere(values.length, () => true),
        )
      : undefined;
  for (let fold = 0; fold < folds; fold++) {
    const own = rowsWhere(values.length, (row) => foldOf(row) === fold);
    const others = summed
      ? less(summed, normalEquations(rows, values, own))
      : rowsWhere(values.length, (row) => foldOf(row) !== fold);
    for (const [i, penalty] of weights.entries()) {
      const w =
        'gram' in others
          ? ridgeOfSums(others, penalty)
          : sparseRidge(rows, values, others, penalty);
      for (const row of own) {
        // The last entry is the block's own level, which the others cannot know.
        for (let e = rows.starts[row]; e < rows.starts[row + 1] - 1; e++)
          fits[i][row] += rows.values[e] * w[rows.columns[e]];
      }
    }
  }
  return fits;
}

const less = (all: NormalEquations, some: NormalEquations): NormalEquations => ({
  gram: all.gram.map((value, i) => value - some.gram[i]),
  moments: all.moments.map((value, i) => value - some.moments[i]),
});

/** Mean square of values - fitted about the mean of each block. */
function withinBlocks(
  values: Float64Array,
  fitted: Float64Array,
  blocks: Uint32Array,
  count: number,
): number {
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  for (let row = 0; row < values.length; row++) {
    sums[blocks[row]] += values[row] - fitted[row];
    sizes[blocks[row]]++;
  }
  let total = 0;
  for (let row = 0; row < values.length; row++) {
    const off = values[row] - fitted[row] - sums[blocks[row]] / sizes[blocks[row]];
    total += off * off;
  }
  return total / values.length;
}
