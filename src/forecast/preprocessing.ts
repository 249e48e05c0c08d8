/**
 * All that turns the rows of a table into inputs of a network and its outputs into forecasts.
 * Plain JSON: it is stored in the model file. Everything here is learned from the training part.
 */

import { TIME_FORMATS, type TimeFormat } from '../data/civil-date.js';
import type { Scale } from '../data/scaler.js';
import type { TimeStep } from '../data/time-step.js';
import { SluiceError } from '../errors.js';
import type { CalendarProfile } from './calendar-profile.js';
import type { CategoricalFeature } from './feature-choice.js';

export interface Preprocessing {
  readonly kind: 'forecast';
  readonly format: 1;
  readonly target: string;
  /** Rows in, rows out. */
  readonly window: number;
  readonly horizon: number;
  /** Rows in a season of the seasonal-naive forecast. */
  readonly season: number;
  readonly time?: {
    readonly columns: readonly string[];
    readonly format: TimeFormat;
    readonly step?: TimeStep;
  };
  /** Of the target over the training part; the profile is in these units. */
  readonly targetScale: Scale;
  readonly profile?: CalendarProfile;
  /** How hard the levels of a window are drawn to their mean, see windows.ts. */
  readonly steadiness: number;
  /** Deviation of the training targets from the levels of their window, in scaled units. */
  readonly spread: number;
  readonly numeric: readonly { readonly column: string; readonly scale: Scale }[];
  readonly categorical: readonly CategoricalFeature[];
  readonly calendar: CalendarInputs;
  /** Empty cells are filled from their neighbours. */
  readonly interpolate: boolean;
}

/** Calendar columns among the inputs, each as sine and cosine. */
export interface CalendarInputs {
  /** Place in the week, the time of day included. */
  readonly weekday: boolean;
  /** Time of day. */
  readonly timeOfDay: boolean;
  /** Day of the year. */
  readonly dayOfYear: boolean;
}

/** Name of each input column, in order; their number is the network's input size. */
export function inputNames(preprocessing: Preprocessing): string[] {
  const { target, numeric, categorical, calendar } = preprocessing;
  return [
    target,
    ...numeric.map(({ column }) => column),
    ...categorical.flatMap(({ column, categories }) => categories.map((one) => `${column}=${one}`)),
    ...(calendar.weekday ? ['day of week (sin)', 'day of week (cos)'] : []),
    ...(calendar.timeOfDay ? ['time of day (sin)', 'time of day (cos)'] : []),
    ...(calendar.dayOfYear ? ['day of year (sin)', 'day of year (cos)'] : []),
  ];
}

/**
 * Checks what a model file says about its preprocessing, down to the last number: the file may
 * come from anywhere.
 * @throws SluiceError 'bad-file' when it is not a forecast of this version's making
 */
export function asPreprocessing(value: unknown, file: string): Preprocessing {
  const found = value as Partial<Preprocessing> | null | undefined;
  if (typeof found !== 'object' || found === null || found.kind !== 'forecast') {
    throw new SluiceError(
      'bad-file',
      `${file} holds no forecast preprocessing; expected a model that sluice tune or sluice train wrote`,
    );
  }
  if (found.format !== 1) {
    throw new SluiceError(
      'bad-file',
      `${file} holds preprocessing of format ${String(found.format)}, expected 1: use a newer sluice`,
    );
  }
  const damaged = CHECKS.find(([, check]) => !holds(check, found));
  if (damaged) {
    throw new SluiceError(
      'bad-file',
      `${file} holds damaged preprocessing ("${damaged[0]}"); write the model again`,
    );
  }
  return found as Preprocessing;
}

// biome-ignore lint/suspicious/noExplicitAny: what is to be checked may be anything
type Anything = any;

const isText = (value: unknown) => typeof value === 'string';
const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1;
const isScale = (value: Anything) =>
  Number.isFinite(value.mean) && Number.isFinite(value.deviation) && value.deviation > 0;
const areTexts = (value: Anything) => Array.isArray(value) && value.every(isText);
const isStep = (step: Anything) => ['second', 'month'].includes(step.unit) && isSize(step.count);
const isProfile = ({ groups, weights }: Anything) =>
  ['weekday', 'holidays', 'month'].every((name) => typeof groups[name] === 'boolean') &&
  Number.isInteger(groups.harmonics) &&
  groups.harmonics >= 0 &&
  groups.harmonics <= 100 &&
  (groups.slotSeconds === undefined || isSize(groups.slotSeconds)) &&
  Object.values(weights).every(Number.isFinite);

const CHECKS: readonly [field: string, check: (found: Anything) => boolean][] = [
  ['target', ({ target }) => isText(target)],
  ['window', ({ window }) => isSize(window)],
  ['horizon', ({ horizon }) => isSize(horizon)],
  ['season', ({ season, window }) => isSize(season) && season <= window],
  [
    'time',
    ({ time }) =>
      time === undefined || (areTexts(time.columns) && TIME_FORMATS.includes(time.format)),
  ],
  ['step', ({ time }) => time?.step === undefined || isStep(time.step)],
  ['targetScale', ({ targetScale }) => isScale(targetScale)],
  ['profile', ({ profile }) => profile === undefined || isProfile(profile)],
  ['steadiness', ({ steadiness }) => Number.isFinite(steadiness) && steadiness >= 0],
  ['spread', ({ spread }) => Number.isFinite(spread) && spread > 0],
  [
    'numeric',
    ({ numeric }) => numeric.every((one: Anything) => isText(one.column) && isScale(one.scale)),
  ],
  [
    'categorical',
    ({ categorical }) =>
      categorical.every((one: Anything) => isText(one.column) && areTexts(one.categories)),
  ],
  ['calendar', ({ calendar }) => typeof calendar === 'object' && calendar !== null],
];

/** What is missing altogether throws on the way, and does not hold either. */
function holds(check: (found: Anything) => boolean, found: Anything): boolean {
  try {
    return check(found);
  } catch {
    return false;
  }
}
