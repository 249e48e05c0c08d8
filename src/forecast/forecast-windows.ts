/** What a trained network forecasts after each of many rows. */

import type { Model } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import type { Preprocessing } from './preprocessing.js';
import type { Series } from './series.js';
import { windowForecasts, windowInputs } from './windows.js';

/** Numbers, and windows, that are forecast at once, so that a large test part needs no large tensor. */
const CHUNK_NUMBERS = 2 ** 24;
const CHUNK = 2048;

/** Forecasts [starts x horizon] in the unit of the target. */
export async function forecastWindows(
  model: Model<Tensor>,
  series: Series,
  preprocessing: Preprocessing,
  starts: Uint32Array,
): Promise<Float64Array> {
  const { horizon, window } = preprocessing;
  const fitting = Math.floor(CHUNK_NUMBERS / (window * (1 + series.otherCount)));
  const chunk = Math.max(1, Math.min(CHUNK, fitting));
  const forecast = new Float64Array(starts.length * horizon);
  for (let from = 0; from < starts.length; from += chunk) {
    const some = starts.subarray(from, from + chunk);
    const { data } = await model.predict(windowInputs(series, preprocessing, some), {
      batchSize: 256,
    });
    forecast.set(windowForecasts(series, preprocessing, some, data), from * horizon);
  }
  return forecast;
}
