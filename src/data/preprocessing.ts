/**
 * All that turns the rows of a table into inputs of a network and its outputs into forecasts.
 * Plain JSON: it is stored in the model file. Everything here is learned from the training part.
 */

import { SluiceError } from '../errors.js';
import type { CalendarProfile } from './calendar-profile.js';
import type { TimeFormat } from './civil-date.js';
import type { CategoricalFeature } from './feature-choice.js';
import type { Scale } from './scaler.js';
import type { TimeStep } from './time-step.js';

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
 * Checks what a model file says about its preprocessing.
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
  const { targetScale, window, horizon, spread, numeric, categorical, calendar } = found;
  const whole = (size: unknown) => Number.isInteger(size) && (size as number) >= 1;
  const finite = [targetScale?.mean, targetScale?.deviation, spread].every((one) =>
    Number.isFinite(one),
  );
  const lists =
    Array.isArray(numeric) && Array.isArray(categorical) && typeof calendar === 'object';
  if (typeof found.target !== 'string' || !whole(window) || !whole(horizon) || !finite || !lists) {
    throw new SluiceError('bad-file', `${file} holds damaged preprocessing; write the model again`);
  }
  return found as Preprocessing;
}
