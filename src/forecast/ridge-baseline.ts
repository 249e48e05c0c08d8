/** Ridge regression as a forecast: fitted on the training windows, its penalty chosen on validation. */

import { scaled } from '../data/scaler.js';
import { forecastErrors, truth } from './baselines.js';
import type { Preprocessing } from './preprocessing.js';
import { predictRidge, ridge } from './ridge.js';
import type { Series } from './series.js';
import type { WindowSets } from './window-sets.js';
import { windowForecasts, windowInputs, windowTargets } from './windows.js';

const PENALTIES = [0.1, 1, 10, 100, 1000, 10_000];
/** Normal equations of more inputs than this take too long for a baseline. */
const MOST_INPUTS = 1500;
/** Longer seasons get no input for each place. */
const MOST_PLACES = 64;

/** Numbers of windows that are forecast at once: a large test part needs no large table. */
const CHUNK_NUMBERS = 2 ** 22;

/** What a regression sees of windows, and how its outputs become forecasts. */
interface View {
  /** Numbers of one window. */
  readonly inputs: number;
  x(starts: Uint32Array): ArrayLike<number>;
  y(starts: Uint32Array): ArrayLike<number>;
  forecasts(starts: Uint32Array, outputs: Float64Array): Float64Array;
}

/**
 * Forecasts [test x horizon] of a ridge regression on the scaled columns of each window, as they
 * stand in the file, and the place in the season. Undefined when a window holds more than 1,500 numbers.
 */
export function ridgeOnColumns(
  series: Series,
  shape: Preprocessing,
  sets: WindowSets,
): Float64Array | undefined {
  const { window, horizon, season, numeric, categorical, targetScale } = shape;
  const columns = categorical.reduce(
    (sum, { categories }) => sum + categories.length,
    numeric.length,
  );
  const target = scaled(series.values, targetScale);
  const places = season <= MOST_PLACES ? season : 0;
  return forecastBest(series, horizon, sets, {
    inputs: window * (1 + columns) + places,
    x: (starts) => plainInputs(series, target, columns, window, places, starts),
    y: (starts) => truth(target, starts, horizon),
    forecasts: (_, outputs) =>
      outputs.map((value) => value * targetScale.deviation + targetScale.mean),
  });
}

function plainInputs(
  { others, otherCount }: Series,
  target: Float64Array,
  columns: number,
  window: number,
  places: number,
  starts: Uint32Array,
): Float64Array {
  const data = new Float64Array(starts.length * (window * (1 + columns) + places));
  let at = 0;
  for (const start of starts) {
    for (let row = start - window; row < start; row++) {
      data[at++] = target[row];
      for (let k = 0; k < columns; k++) data[at++] = others[row * otherCount + k];
    }
    if (places > 0) data[at + (start % places)] = 1;
    at += places;
  }
  return data;
}

/** The same on what the network sees: calendar profile and levels taken out, calendar inputs. */
export function ridgeOnInputs(
  series: Series,
  shape: Preprocessing,
  sets: WindowSets,
): Float64Array | undefined {
  return forecastBest(series, shape.horizon, sets, {
    inputs: shape.window * (1 + series.otherCount),
    x: (starts) => windowInputs(series, shape, starts).data,
    y: (starts) => windowTargets(series, shape, starts).data,
    forecasts: (starts, outputs) => windowForecasts(series, shape, starts, outputs),
  });
}

function forecastBest(
  series: Series,
  horizon: number,
  sets: WindowSets,
  view: View,
): Float64Array | undefined {
  const { inputs, x, y, forecasts } = view;
  if (inputs > MOST_INPUTS) return undefined;
  const { train, validation, test } = sets;
  const solve = ridge({ x: x(train), y: y(train), rows: train.length, inputs, outputs: horizon });
  const chunk = Math.max(1, Math.floor(CHUNK_NUMBERS / inputs));
  const forecast = (penalty: number, starts: Uint32Array) => {
    const model = solve(penalty);
    const out = new Float64Array(starts.length * horizon);
    for (let from = 0; from < starts.length; from += chunk) {
      const some = starts.subarray(from, from + chunk);
      out.set(forecasts(some, predictRidge(model, x(some), some.length)), from * horizon);
    }
    return out;
  };
  const actual = truth(series.values, validation, horizon);
  const errors = PENALTIES.map(
    (penalty) => forecastErrors(forecast(penalty, validation), actual).mae,
  );
  return forecast(PENALTIES[errors.indexOf(Math.min(...errors))], test);
}
