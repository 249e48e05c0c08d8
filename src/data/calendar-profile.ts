/**
 * The calendar profile: what the target usually does on such a day (or hour, or month), learned
 * from the training part alone. The network then forecasts what the calendar does not explain.
 *
 * The profile is a ridge regression on the calendar's terms, with one free level for each block of
 * time (a year, or a tenth of the training part), so that slow drift does not bend it. Inside the
 * training part each block is profiled by the other blocks: the network must meet residuals as
 * large in training as it will meet later.
 */

import { type CalendarGroups, calendarTerms } from './calendar-terms.js';
import { civilFromDays, SECONDS_PER_DAY } from './civil-date.js';
import { type SparseRows, sparseRidge } from './sparse-ridge.js';

export interface CalendarProfile {
  readonly groups: CalendarGroups;
  readonly penalty: number;
  /** Weight of each term; terms that training never saw have none. */
  readonly weights: Readonly<Record<string, number>>;
}

const PENALTIES = [0.3, 1, 3, 10, 30, 100];
const FEWEST_BLOCKS = 3;

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
  for (const penalty of PENALTIES) {
    const crossFitted = crossFit(rows, values, blocks, count, names.length, penalty);
    const error = withinBlocks(values, crossFitted, blocks, count);
    if (!best || error < best.error) best = { error, penalty, crossFitted };
  }
  const nothing = withinBlocks(values, new Float64Array(values.length), blocks, count);
  if (!best || !(best.error < 0.98 * nothing)) return undefined;
  const all = Uint32Array.from(values.keys());
  const w = sparseRidge(rows, values, all, penalties(rows.width, names.length, best.penalty));
  // A millionth of the target's deviation is enough, and keeps the model file short.
  const weights = Object.fromEntries(names.map((name, j) => [name, Math.round(w[j] * 1e6) / 1e6]));
  return { profile: { groups, penalty: best.penalty, weights }, crossFitted: best.crossFitted };
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
  const seen = [...new Set(years)];
  return Uint32Array.from(years, (year) => seen.indexOf(year));
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

function crossFit(
  rows: SparseRows,
  values: Float64Array,
  blocks: Uint32Array,
  count: number,
  terms: number,
  penalty: number,
): Float64Array {
  const fitted = new Float64Array(values.length);
  const weightsOf = penalties(rows.width, terms, penalty);
  for (let block = 0; block < count; block++) {
    const others = Uint32Array.from(values.keys()).filter((row) => blocks[row] !== block);
    const w = sparseRidge(rows, values, others, weightsOf);
    for (let row = 0; row < values.length; row++) {
      if (blocks[row] !== block) continue;
      // The last entry is the block's own level, which the others cannot know.
      for (let e = rows.starts[row]; e < rows.starts[row + 1] - 1; e++)
        fitted[row] += rows.values[e] * w[rows.columns[e]];
    }
  }
  return fitted;
}

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
