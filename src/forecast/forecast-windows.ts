/** What a trained network forecasts after each of many rows. */

import type { Model } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import type { Preprocessing } from './preprocessing.js';
import type { Series } from './series.js';
import { windowForecasts, windowSamples } from './windows.js';

/** Forecasts [starts x horizon] in the unit of the target. */
export async function forecastWindows(
  model: Model<Tensor>,
  series: Series,
  preprocessing: Preprocessing,
  starts: Uint32Array,
): Promise<Float64Array> {
  const samples = windowSamples(series, preprocessing, starts);
  const { data } = await model.predict(samples, { batchSize: 256 });
  return windowForecasts(series, preprocessing, starts, data);
}
