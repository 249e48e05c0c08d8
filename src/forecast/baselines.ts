/** Forecasts that a network must beat. All are [starts x horizon], row-major, in the target's unit. */

/** The last known value, repeated. */
export function naive(
  values: ArrayLike<number>,
  starts: ArrayLike<number>,
  horizon: number,
): Float64Array {
  const out = new Float64Array(starts.length * horizon);
  for (let i = 0; i < starts.length; i++)
    out.fill(values[starts[i] - 1], i * horizon, (i + 1) * horizon);
  return out;
}

/**
 * The last known value of the same place in the season.
 * @param season rows in a season; it must not exceed the smallest start
 */
export function seasonalNaive(
  values: ArrayLike<number>,
  starts: ArrayLike<number>,
  horizon: number,
  season: number,
): Float64Array {
  const out = new Float64Array(starts.length * horizon);
  for (let i = 0; i < starts.length; i++) {
    for (let h = 0; h < horizon; h++)
      out[i * horizon + h] = values[starts[i] + (h % season) - season];
  }
  return out;
}

/** What did happen: targets of each window. */
export function truth(
  values: ArrayLike<number>,
  starts: ArrayLike<number>,
  horizon: number,
): Float64Array {
  const out = new Float64Array(starts.length * horizon);
  for (let i = 0; i < starts.length; i++) {
    for (let h = 0; h < horizon; h++) out[i * horizon + h] = values[starts[i] + h];
  }
  return out;
}

/**
 * The distance (2 to `longest` rows) at which the training part repeats itself best: least mean
 * absolute difference. For data whose time step does not tell the season.
 */
export function findSeason(values: ArrayLike<number>, to: number, longest: number): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let season = 2; season <= Math.min(longest, to - 1); season++) {
    let sum = 0;
    for (let i = longest; i < to; i++) sum += Math.abs(values[i] - values[i - season]);
    if (sum < least) [best, least] = [season, sum];
  }
  return best;
}

export interface ForecastErrors {
  /** Mean absolute error. */
  readonly mae: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
}

/** Errors over all windows and steps. */
export function forecastErrors(
  forecast: ArrayLike<number>,
  actual: ArrayLike<number>,
): ForecastErrors {
  let absolute = 0;
  let squares = 0;
  for (let i = 0; i < actual.length; i++) {
    const off = forecast[i] - actual[i];
    absolute += Math.abs(off);
    squares += off * off;
  }
  return { mae: absolute / actual.length, rmse: Math.sqrt(squares / actual.length) };
}
