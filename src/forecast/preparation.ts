/** From a table to everything that training, tuning and testing need: one pass, no look ahead. */

import { numericColumn } from '../data/columns.js';
import type { CsvTable } from '../data/csv.js';
import { fitScale, type Scale, scaled } from '../data/scaler.js';
import { type Split, splitRows, windowStarts } from '../data/split.js';
import { detectTimeColumns, readTimeAxis, type TimeAxis } from '../data/time-axis.js';
import { naturalSeason } from '../data/time-step.js';
import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';
import { findSeason } from './baselines.js';
import { fitCalendarProfile } from './calendar-profile.js';
import { calendarGroups } from './calendar-terms.js';
import { chooseFeatures } from './feature-choice.js';
import type { CalendarInputs, Preprocessing } from './preprocessing.js';
import { encodeSeries, readColumns, type Series } from './series.js';
import { findSpread, findSteadiness } from './windows.js';

export interface PrepareOptions {
  readonly target: string;
  readonly window: number;
  readonly horizon: number;
  /** Default: every column that is of use. */
  readonly features?: readonly string[];
  /** Default: detected; an empty list means no time at all. */
  readonly time?: readonly string[];
  readonly season?: number;
  /** Fill empty cells instead of refusing them. */
  readonly interpolate?: boolean;
}

export interface Prepared {
  readonly preprocessing: Preprocessing;
  readonly series: Series;
  readonly axis?: TimeAxis;
  readonly split: Split;
  /** What a reader must know, one sentence each. */
  readonly notices: readonly string[];
}

/**
 * Puts the rows in order of time, splits them, and learns scales, categories and the calendar
 * profile from the training part.
 * @throws SluiceError 'bad-data' or 'bad-option', each naming what to mend
 */
export function prepare(table: CsvTable, options: PrepareOptions): Prepared {
  const { target, window, horizon, interpolate = false } = options;
  numericColumn(table, target, 'target');
  const timed = findTime(table, options);
  const { axis } = timed;
  const split = splitRows(timed.table.rows.length, window, horizon, table.name);
  const trainRows = split.train.to;
  const choice = chooseFeatures(timed.table, target, axis, options.features, trainRows);
  const columns = readColumns(
    timed.table,
    [target, ...choice.numeric],
    choice.categorical.map(({ column }) => column),
    interpolate,
    'fill them, or add --interpolate',
  );
  const values = columns.numbers(target);
  const targetScale = scaleOfTarget(values, trainRows, table.name, target);
  const learned = learnProfile(values, targetScale, axis, trainRows);
  const season = seasonOf(options, axis, values, trainRows);
  const draft: Preprocessing = {
    kind: 'forecast',
    format: 1,
    target,
    window,
    horizon,
    season,
    // What there is not is no field at all: a model file holds what JSON holds.
    ...(axis && {
      time: {
        columns: axis.columns,
        format: axis.format,
        ...(axis.step && { step: axis.step }),
      },
    }),
    targetScale,
    ...(learned && { profile: learned.profile }),
    steadiness: 0,
    spread: 1,
    numeric: choice.numeric.map((column) => ({
      column,
      scale: scaleOf(columns.numbers(column), trainRows, `${table.name}: column`, column),
    })),
    categorical: choice.categorical,
    calendar: calendarInputs(axis, trainRows, learned !== undefined),
    interpolate,
  };
  const { series, notices } = encodeSeries(columns, axis, draft, learned?.crossFitted);
  const preprocessing = { ...draft, ...findLevels(series, draft, split) };
  const filled =
    columns.filled > 0
      ? [`${columns.filled} empty ${columns.filled === 1 ? 'cell' : 'cells'} interpolated`]
      : [];
  return {
    preprocessing,
    series,
    axis,
    split,
    notices: [...timed.notices, ...choice.notices, ...filled, ...notices],
  };
}

/** How windows are centred, chosen on the validation part, and the deviation that training then meets. */
function findLevels(
  { residual }: Series,
  shape: Preprocessing,
  split: Split,
): { steadiness: number; spread: number } {
  const { window, horizon } = shape;
  const steadiness = findSteadiness(
    residual,
    windowStarts(split.validation, window, horizon),
    shape,
  );
  const starts = windowStarts(split.train, window, horizon);
  return { steadiness, spread: findSpread(residual, starts, { ...shape, steadiness }) };
}

function findTime(
  table: CsvTable,
  { time, target }: PrepareOptions,
): { table: CsvTable; axis?: TimeAxis; notices: string[] } {
  const columns = time ?? detectTimeColumns(table);
  if (columns.includes(target)) {
    if (time) throw new SluiceError('bad-option', `--time and --target both name "${target}"`);
    return { table, notices: ['no date column found; rows are taken in the order of the file'] };
  }
  if (columns.length === 0) {
    return {
      table,
      notices: time ? [] : ['no date column found; rows are taken in the order of the file'],
    };
  }
  const { table: sorted, axis, notices } = readTimeAxis(table, columns);
  const detected = time ? [] : [`time is read from ${columns.join(', ')} (--time says otherwise)`];
  return { table: sorted, axis, notices: [...detected, ...notices] };
}

function scaleOfTarget(
  values: Float64Array,
  trainRows: number,
  name: string,
  target: string,
): Scale {
  const varies = (to: number) => values.subarray(0, to).some((value) => value !== values[0]);
  if (!varies(values.length)) {
    throw new SluiceError(
      'bad-data',
      `${name}: target "${shortName(target)}" is ${values[0]} in every row; there is nothing to forecast`,
    );
  }
  if (!varies(trainRows)) {
    throw new SluiceError(
      'bad-data',
      `${name}: target "${shortName(target)}" is ${values[0]} in all ${trainRows} rows of the training part (the first 70 %); there is nothing to learn`,
    );
  }
  return scaleOf(values, trainRows, `${name}: target`, target);
}

/** Squares of less than this are zero or lose their digits. */
const LEAST_DEVIATION = 1e-140;

/** @throws SluiceError 'bad-data' where the values vary, but by too little to be squared */
function scaleOf(values: Float64Array, trainRows: number, what: string, column: string): Scale {
  const scale = fitScale(values, 0, trainRows);
  const farthest = values
    .subarray(0, trainRows)
    .reduce((most, value) => Math.max(most, Math.abs(value - scale.mean)), 0);
  if (farthest === 0 || farthest >= LEAST_DEVIATION) return scale;
  throw new SluiceError(
    'bad-data',
    `${what} "${shortName(column)}" varies by no more than ${farthest} in the training part, too little to reckon with; give it in a smaller unit (multiply it by a power of ten)`,
  );
}

function learnProfile(
  values: Float64Array,
  scale: Scale,
  axis: TimeAxis | undefined,
  trainRows: number,
) {
  if (!axis) return undefined;
  const seconds = axis.seconds.subarray(0, trainRows);
  const groups = calendarGroups(axis.step, seconds[trainRows - 1] - seconds[0]);
  return (
    groups && fitCalendarProfile(seconds, scaled(values.subarray(0, trainRows), scale), groups)
  );
}

function seasonOf(
  { season, window }: PrepareOptions,
  axis: TimeAxis | undefined,
  values: Float64Array,
  trainRows: number,
): number {
  if (season !== undefined && season > window) {
    throw new SluiceError(
      'bad-option',
      `--season: expected at most the window (${window}), found ${season}`,
    );
  }
  const natural = naturalSeason(axis?.step);
  return (
    season ??
    (natural !== undefined && natural <= window ? natural : findSeason(values, trainRows, window))
  );
}

/** What the profile has taken out of the target need not go in again, but for the weekday. */
function calendarInputs(
  axis: TimeAxis | undefined,
  trainRows: number,
  profiled: boolean,
): CalendarInputs {
  const groups = axis && calendarGroups(axis.step, axis.seconds[trainRows - 1] - axis.seconds[0]);
  return {
    weekday: groups?.weekday ?? false,
    timeOfDay: groups?.slotSeconds !== undefined,
    dayOfYear: !profiled && groups !== undefined && (groups.harmonics > 0 || groups.month),
  };
}
