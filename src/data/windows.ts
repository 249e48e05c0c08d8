/**
 * Windows of a series: what the network sees and what it shall say.
 *
 * Each window is centred on its own level, the mean of its target residuals, and the level is
 * added to the forecast again: a series that drifts away from its training range looks alike
 * from inside a window.
 */

import type { Preprocessing } from './preprocessing.js';
import type { Series } from './series.js';

/** x [windows, window, inputs], y [windows, horizon]. */
export interface WindowTensor {
  readonly data: Float32Array;
  readonly shape: number[];
}

/** Mean residual of the `window` rows before `start`. */
export function levelAt(
  { residual }: Pick<Series, 'residual'>,
  start: number,
  window: number,
): number {
  let sum = 0;
  for (let row = start - window; row < start; row++) sum += residual[row];
  return sum / window;
}

type Shape = Pick<Preprocessing, 'window' | 'horizon' | 'spread'>;

/** Inputs of the windows whose first target row is given: the `window` rows before it. */
export function windowInputs(
  series: Series,
  { window, spread }: Shape,
  starts: ArrayLike<number>,
): WindowTensor {
  const { residual, others, otherCount } = series;
  const inputs = 1 + otherCount;
  const data = new Float32Array(starts.length * window * inputs);
  let at = 0;
  for (let i = 0; i < starts.length; i++) {
    const level = levelAt(series, starts[i], window);
    for (let row = starts[i] - window; row < starts[i]; row++) {
      data[at++] = (residual[row] - level) / spread;
      for (let k = 0; k < otherCount; k++) data[at++] = others[row * otherCount + k];
    }
  }
  return { data, shape: [starts.length, window, inputs] };
}

/** Targets of the windows, in the units in which the network speaks. */
export function windowTargets(
  series: Series,
  { window, horizon, spread }: Shape,
  starts: ArrayLike<number>,
): WindowTensor {
  const data = new Float32Array(starts.length * horizon);
  for (let i = 0; i < starts.length; i++) {
    const level = levelAt(series, starts[i], window);
    for (let h = 0; h < horizon; h++)
      data[i * horizon + h] = (series.residual[starts[i] + h] - level) / spread;
  }
  return { data, shape: [starts.length, horizon] };
}

/** What the network said [windows x horizon], back in the unit of the target. */
export function windowForecasts(
  series: Series,
  { window, horizon, spread, targetScale }: Shape & Pick<Preprocessing, 'targetScale'>,
  starts: ArrayLike<number>,
  outputs: ArrayLike<number>,
): Float64Array {
  const forecast = new Float64Array(starts.length * horizon);
  for (let i = 0; i < starts.length; i++) {
    const level = levelAt(series, starts[i], window);
    for (let h = 0; h < horizon; h++) {
      const scaled = outputs[i * horizon + h] * spread + level + series.profile[starts[i] + h];
      forecast[i * horizon + h] = scaled * targetScale.deviation + targetScale.mean;
    }
  }
  return forecast;
}

/** Root mean square of the training targets about the level of their windows; 1 when there is none. */
export function findSpread(
  residual: Float64Array,
  starts: ArrayLike<number>,
  window: number,
  horizon: number,
): number {
  let squares = 0;
  for (let i = 0; i < starts.length; i++) {
    const level = levelAt({ residual }, starts[i], window);
    for (let h = 0; h < horizon; h++) squares += (residual[starts[i] + h] - level) ** 2;
  }
  const spread = Math.sqrt(squares / (starts.length * horizon));
  return spread > 0 ? spread : 1;
}
