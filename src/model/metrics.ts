import type { View } from '../layers/layer.js';
import { checkChoice, checkOption } from '../options.js';

export type MetricName =
  | 'mae'
  | 'meanAbsoluteError'
  | 'mse'
  | 'meanSquaredError'
  | 'accuracy'
  | 'acc';

/** Sum over R rows of a row's figure; the mean over all rows of an epoch is reported. */
type Measure = (floats: Float32Array, R: number, N: number, y: View, t: View) => number;

export interface Metric {
  /** The key in history: the name as the user gave it. */
  readonly name: MetricName;
  readonly measure: Measure;
}

const absoluteError: Measure = (floats, R, N, y, t) => {
  let sum = 0;
  for (let r = 0; r < R; r++) {
    const yRow = (y.pointer >>> 2) + r * y.stride;
    const tRow = (t.pointer >>> 2) + r * t.stride;
    for (let c = 0; c < N; c++) sum += Math.abs(floats[yRow + c] - floats[tRow + c]);
  }
  return sum / N;
};

const squaredError: Measure = (floats, R, N, y, t) => {
  let sum = 0;
  for (let r = 0; r < R; r++) {
    const yRow = (y.pointer >>> 2) + r * y.stride;
    const tRow = (t.pointer >>> 2) + r * t.stride;
    for (let c = 0; c < N; c++) {
      const difference = floats[yRow + c] - floats[tRow + c];
      sum += difference * difference;
    }
  }
  return sum / N;
};

/** Rows whose largest output is at the largest target; for one column, both sides of 0.5. */
const hits: Measure = (floats, R, N, y, t) => {
  let sum = 0;
  for (let r = 0; r < R; r++) {
    const yRow = (y.pointer >>> 2) + r * y.stride;
    const tRow = (t.pointer >>> 2) + r * t.stride;
    const hit =
      N === 1
        ? floats[yRow] > 0.5 === floats[tRow] > 0.5
        : largest(floats, yRow, N) === largest(floats, tRow, N);
    if (hit) sum++;
  }
  return sum;
};

function largest(floats: Float32Array, start: number, N: number): number {
  let best = 0;
  for (let c = 1; c < N; c++) if (floats[start + c] > floats[start + best]) best = c;
  return best;
}

const measures: Record<MetricName, Measure> = {
  mae: absoluteError,
  meanAbsoluteError: absoluteError,
  mse: squaredError,
  meanSquaredError: squaredError,
  accuracy: hits,
  acc: hits,
};

/** @throws SluiceError 'bad-option' that lists the metrics there are. */
export function metricsByName(names: readonly MetricName[]): Metric[] {
  const known = Object.keys(measures) as MetricName[];
  checkOption('compile', 'metrics', names, Array.isArray(names), 'an array of names');
  return [...new Set(names)].map((name) => ({
    name: checkChoice('compile', 'a metric', name, known),
    measure: measures[name],
  }));
}
