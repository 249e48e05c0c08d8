/** The test part, touched once: the network's errors beside those of the baselines. */

import { windowStarts } from '../data/split.js';
import { SluiceError } from '../errors.js';
import type { Sequential } from '../model/sequential.js';
import { type ForecastErrors, forecastErrors, naive, seasonalNaive, truth } from './baselines.js';
import { forecastWindows } from './forecaster.js';
import type { Prepared } from './preparation.js';
import { ridgeOnColumns, ridgeOnInputs, type WindowSets } from './ridge-baseline.js';

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

/** Training windows stay below so many numbers; beyond, only each second, third ... is taken. */
const MOST_NUMBERS = 2 ** 26;

/** @throws SluiceError 'bad-option' where one window, or what is forecast of the test part, is too large */
function checkSizes(window: number, inputs: number, horizon: number, tests: number): void {
  if (window * inputs > MOST_NUMBERS) {
    throw new SluiceError(
      'bad-option',
      `--window: ${window} rows of ${inputs} inputs are ${window * inputs} numbers, expected at most ${MOST_NUMBERS}; give a smaller --window, or fewer columns with --features`,
    );
  }
  if (tests * horizon <= MOST_NUMBERS) return;
  throw new SluiceError(
    'bad-option',
    `--horizon: ${tests} windows of the test part times a horizon of ${horizon} rows are ${tests * horizon} forecasts, expected at most ${MOST_NUMBERS}; give a smaller --horizon, or fewer rows`,
  );
}

/**
 * Windows of the three parts. Test windows follow one another row by row; training and validation
 * windows too, unless their inputs or their targets would take more memory than 256 MB.
 * @throws SluiceError 'bad-option' where even so there would be more than memory is there for
 */
export function windowSets({
  preprocessing,
  series,
  split,
}: Prepared): WindowSets & { readonly stride: number } {
  const { window, horizon } = preprocessing;
  const inputs = 1 + series.otherCount;
  const numbers = split.train.to * Math.max(window * inputs, horizon);
  const stride = Math.max(1, Math.ceil(numbers / MOST_NUMBERS));
  checkSizes(window, inputs, horizon, split.test.to - split.test.from - horizon + 1);
  return {
    train: windowStarts(split.train, window, horizon, stride),
    validation: windowStarts(split.validation, window, horizon, stride),
    test: windowStarts(split.test, window, horizon),
    stride,
  };
}

/** Tests a trained network on the test part. */
export async function testForecaster(
  model: Sequential,
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
