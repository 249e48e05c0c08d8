/** The test part, touched once: the network's errors beside those of the baselines. */

import type { Model } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import { type ForecastErrors, forecastErrors, naive, seasonalNaive, truth } from './baselines.js';
import { forecastWindows } from './forecast-windows.js';
import type { Prepared } from './preparation.js';
import { ridgeOnColumns, ridgeOnInputs } from './ridge-baseline.js';
import type { WindowSets } from './window-sets.js';

export interface TestResult extends ForecastErrors {
  readonly baselines: {
    readonly naive: ForecastErrors;
    readonly seasonalNaive: ForecastErrors;
    /** On the plain windows: what was seen of each column. */
    readonly ridge?: ForecastErrors;
    /** On what the network sees: calendar profile taken out, calendar inputs. */
    readonly ridgeOnInputs?: ForecastErrors;
  };
  /** [windows x horizon], in the target's unit. */
  readonly truth: Float64Array;
  readonly forecast: Float64Array;
  readonly seasonalNaive: Float64Array;
}

/** Tests a trained network on the test part. */
export async function testForecaster(
  model: Model<Tensor>,
  prepared: Prepared,
  sets: WindowSets,
): Promise<TestResult> {
  const { series, preprocessing } = prepared;
  const { horizon, season } = preprocessing;
  const actual = truth(series.values, sets.test, horizon);
  const forecast = await forecastWindows(model, series, preprocessing, sets.test);
  const seasonal = seasonalNaive(series.values, sets.test, horizon, season);
  const errorsOf = (values: Float64Array | undefined) => values && forecastErrors(values, actual);
  const plain = errorsOf(ridgeOnColumns(series, preprocessing, sets));
  const informed = errorsOf(ridgeOnInputs(series, preprocessing, sets));
  return {
    ...forecastErrors(forecast, actual),
    baselines: {
      naive: forecastErrors(naive(series.values, sets.test, horizon), actual),
      seasonalNaive: forecastErrors(seasonal, actual),
      ...(plain && { ridge: plain }),
      ...(informed && { ridgeOnInputs: informed }),
    },
    truth: actual,
    forecast,
    seasonalNaive: seasonal,
  };
}
