/** Ridge regression as a forecast: fitted on the training windows, its penalty chosen on validation. */

import { forecastErrors, truth } from './baselines.js';
import type { Preprocessing } from './preprocessing.js';
import { predictRidge, ridge } from './ridge.js';
import type { Series } from './series.js';
import { windowForecasts, windowInputs, windowTargets } from './windows.js';

const PENALTIES = [0.1, 1, 10, 100, 1000, 10_000];
/** Normal equations of more inputs than this take too long for a baseline. */
const MOST_INPUTS = 1500;

/** Windows by the row of their first target. */
export interface WindowSets {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Forecasts [test x horizon] of a ridge regression on all that the series holds of each window.
 * Undefined when a window holds more than 1,500 numbers.
 */
export function ridgeForecast(
  series: Series,
  shape: Preprocessing,
  sets: WindowSets,
): Float64Array | undefined {
  const inputs = shape.window * (1 + series.otherCount);
  if (inputs > MOST_INPUTS) return undefined;
  const solve = ridge({
    x: windowInputs(series, shape, sets.train).data,
    y: windowTargets(series, shape, sets.train).data,
    rows: sets.train.length,
    inputs,
    outputs: shape.horizon,
  });
  const forecast = (penalty: number, starts: Uint32Array) => {
    const { data } = windowInputs(series, shape, starts);
    return windowForecasts(
      series,
      shape,
      starts,
      predictRidge(solve(penalty), data, starts.length),
    );
  };
  const actual = truth(series.values, sets.validation, shape.horizon);
  const errors = PENALTIES.map(
    (penalty) => forecastErrors(forecast(penalty, sets.validation), actual).mae,
  );
  return forecast(PENALTIES[errors.indexOf(Math.min(...errors))], sets.test);
}

/** The series as it stands in the file: scaled, but no calendar taken out, and no calendar inputs. */
export function plainSeries(
  series: Series,
  preprocessing: Preprocessing,
): { series: Series; shape: Preprocessing } {
  const calendar = { weekday: false, timeOfDay: false, dayOfYear: false };
  const columns =
    preprocessing.numeric.length +
    preprocessing.categorical.reduce((sum, { categories }) => sum + categories.length, 0);
  const others = new Float32Array(series.rows * columns);
  for (let row = 0; row < series.rows; row++) {
    for (let k = 0; k < columns; k++)
      others[row * columns + k] = series.others[row * series.otherCount + k];
  }
  const { mean, deviation } = preprocessing.targetScale;
  return {
    series: {
      ...series,
      residual: series.values.map((value) => (value - mean) / deviation),
      profile: new Float64Array(series.profile.length),
      others,
      otherCount: columns,
    },
    shape: { ...preprocessing, calendar, profile: undefined, spread: 1 },
  };
}
