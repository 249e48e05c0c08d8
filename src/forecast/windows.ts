/**
 * Windows of a series: what the network sees and what it shall say.
 *
 * Each window is centred on its own levels, means of its target residuals, and the levels are
 * added to the forecast again: a series that drifts away from its training range looks alike
 * from inside a window.
 */

import type { Samples } from '../model/samples.js';
import type { Preprocessing } from './preprocessing.js';
import type { Series } from './series.js';

/** x [windows, window, inputs], y [windows, horizon]. */
export interface WindowTensor {
  readonly data: Float32Array;
  readonly shape: number[];
}

/** From each place in the season for itself to one level for all. */
const STEADINESSES = [1, 2, 4, 8, 16, 64, 1e6];

/** The steadiness whose levels alone forecast the given windows best. */
export function findSteadiness(
  residual: Float64Array,
  starts: ArrayLike<number>,
  shape: Omit<Shape, 'spread' | 'steadiness'>,
): number {
  let best = STEADINESSES[0];
  let least = Number.POSITIVE_INFINITY;
  for (const steadiness of STEADINESSES) {
    const spread = findSpread(residual, starts, { ...shape, steadiness });
    if (spread < least) [best, least] = [steadiness, spread];
  }
  return best;
}

/**
 * Levels of the window before `start`, one for each place in the season from `start` on
 * [season]: the mean of the residuals at that place, drawn towards the mean of the whole window
 * by `steadiness` imaginary values of it.
 * @param levels where they go: trials ask for them millions of times
 */
export function levelsAt(
  residual: Float64Array,
  start: number,
  { window, season, steadiness }: Pick<Preprocessing, 'window' | 'season' | 'steadiness'>,
  levels: Float64Array = new Float64Array(season),
): Float64Array {
  let sum = 0;
  for (let row = start - window; row < start; row++) sum += residual[row];
  const mean = sum / window;
  for (let place = 0; place < season; place++) {
    let placeSum = steadiness * mean;
    let weight = steadiness;
    for (let row = start + place - season; row >= start - window; row -= season) {
      placeSum += residual[row];
      weight++;
    }
    levels[place] = weight > 0 ? placeSum / weight : mean;
  }
  return levels;
}

type Shape = Pick<Preprocessing, 'window' | 'horizon' | 'spread' | 'season' | 'steadiness'>;

/**
 * What a network learns from and is judged by: the windows whose first target row is given, each
 * cut out of the series when a batch needs it.
 */
export const windowSamples = (series: Series, shape: Shape, starts: ArrayLike<number>): Samples => {
  const levels = new Float64Array(shape.season);
  return {
    count: starts.length,
    x: (index, to) => writeInputs(series, shape, starts[index], to, levels),
    y: (index, to) => writeTargets(series, shape, starts[index], to, levels),
  };
};

/** Inputs of the windows whose first target row is given: the `window` rows before it. */
export function windowInputs(
  series: Series,
  shape: Shape,
  starts: ArrayLike<number>,
): WindowTensor {
  const each = [shape.window, 1 + series.otherCount];
  return gather(each, starts.length, windowSamples(series, shape, starts).x);
}

/** Targets of the windows, in the units in which the network speaks. */
export function windowTargets(
  series: Series,
  shape: Shape,
  starts: ArrayLike<number>,
): WindowTensor {
  return gather([shape.horizon], starts.length, windowSamples(series, shape, starts).y);
}

/** All samples at once, [count, ...each]. */
function gather(each: readonly number[], count: number, write: Samples['x']): WindowTensor {
  const floats = each.reduce((product, n) => product * n, 1);
  const data = new Float32Array(count * floats);
  for (let i = 0; i < count; i++) write(i, data.subarray(i * floats, (i + 1) * floats), 0);
  return { data, shape: [count, ...each] };
}

function writeInputs(
  series: Series,
  shape: Shape,
  start: number,
  to: Float32Array,
  levels: Float64Array,
): void {
  const { residual, others, otherCount } = series;
  const { window, season, spread } = shape;
  levelsAt(residual, start, shape, levels);
  let at = 0;
  for (let row = start - window; row < start; row++) {
    const place = (season - ((start - row) % season)) % season;
    to[at++] = (residual[row] - levels[place]) / spread;
    for (let k = 0; k < otherCount; k++) to[at++] = others[row * otherCount + k];
  }
}

function writeTargets(
  series: Series,
  shape: Shape,
  start: number,
  to: Float32Array,
  levels: Float64Array,
): void {
  const { horizon, season, spread } = shape;
  levelsAt(series.residual, start, shape, levels);
  for (let h = 0; h < horizon; h++) {
    to[h] = (series.residual[start + h] - levels[h % season]) / spread;
  }
}

/** What the network said [windows x horizon], back in the unit of the target. */
export function windowForecasts(
  series: Series,
  shape: Shape & Pick<Preprocessing, 'targetScale'>,
  starts: ArrayLike<number>,
  outputs: ArrayLike<number>,
): Float64Array {
  const { horizon, season, spread, targetScale } = shape;
  const forecast = new Float64Array(starts.length * horizon);
  for (let i = 0; i < starts.length; i++) {
    const levels = levelsAt(series.residual, starts[i], shape);
    for (let h = 0; h < horizon; h++) {
      const scaled =
        outputs[i * horizon + h] * spread + levels[h % season] + series.profile[starts[i] + h];
      forecast[i * horizon + h] = scaled * targetScale.deviation + targetScale.mean;
    }
  }
  return forecast;
}

/** Root mean square of the training targets about their levels; 1 when there is none. */
export function findSpread(
  residual: Float64Array,
  starts: ArrayLike<number>,
  shape: Omit<Shape, 'spread'>,
): number {
  let squares = 0;
  for (let i = 0; i < starts.length; i++) {
    const levels = levelsAt(residual, starts[i], shape);
    for (let h = 0; h < shape.horizon; h++) {
      const off = residual[starts[i] + h] - levels[h % shape.season];
      squares += off * off;
    }
  }
  const spread = Math.sqrt(squares / (starts.length * shape.horizon));
  return spread > 0 ? spread : 1;
}
