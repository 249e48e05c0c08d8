import type { View } from '../layers/node.js';
import { checkChoice, checkOption } from '../options.js';

/** The metrics, by the names of Keras; `mae` and `acc` are short forms. */
export type MetricName =
  | 'mae'
  | 'meanAbsoluteError'
  | 'mse'
  | 'meanSquaredError'
  | 'accuracy'
  | 'acc';

/** Sum over R rows of a row's figure; the mean over all rows of an epoch is reported. */
export type Measure = (floats: Float32Array, R: number, N: number, y: View, t: View) => number;

export interface Metric {
  /** The key in history: the name as the user gave it. */
  readonly name: MetricName;
  readonly measure: Measure;
}

// Where targets are class numbers, each column is compared with the number itself, as in Keras.

const absoluteError =
  (sparseTargets: boolean): Measure =>
  (floats, R, N, y, t) => {
    let sum = 0;
    for (let r = 0; r < R; r++) {
      const yRow = (y.pointer >>> 2) + r * y.stride;
      const tRow = (t.pointer >>> 2) + r * t.stride;
      const number = sparseTargets ? largest(floats, tRow, N) : 0;
      for (let c = 0; c < N; c++) {
        sum += Math.abs(floats[yRow + c] - (sparseTargets ? number : floats[tRow + c]));
      }
    }
    return sum / N;
  };

const squaredError =
  (sparseTargets: boolean): Measure =>
  (floats, R, N, y, t) => {
    let sum = 0;
    for (let r = 0; r < R; r++) {
      const yRow = (y.pointer >>> 2) + r * y.stride;
      const tRow = (t.pointer >>> 2) + r * t.stride;
      const number = sparseTargets ? largest(floats, tRow, N) : 0;
      for (let c = 0; c < N; c++) {
        const difference = floats[yRow + c] - (sparseTargets ? number : floats[tRow + c]);
        sum += difference * difference;
      }
    }
    return sum / N;
  };

/** Rows whose largest output stands at the largest target, which may be a staged class. */
const hits: Measure = (floats, R, N, y, t) => {
  let sum = 0;
  for (let r = 0; r < R; r++) {
    const yRow = (y.pointer >>> 2) + r * y.stride;
    const tRow = (t.pointer >>> 2) + r * t.stride;
    if (largest(floats, yRow, N) === largest(floats, tRow, N)) sum++;
  }
  return sum;
};

/** Rows of one column whose target is 1 and the output above 0.5, or 0 and not above. */
const binaryHits: Measure = (floats, R, _, y, t) => {
  let sum = 0;
  for (let r = 0; r < R; r++) {
    const output = floats[(y.pointer >>> 2) + r * y.stride];
    const target = floats[(t.pointer >>> 2) + r * t.stride];
    if ((output > 0.5 ? 1 : 0) === target) sum++;
  }
  return sum;
};

/** The same where the target is a class number: of one class it is 0. */
const onlyClassHits: Measure = (floats, R, _, y) => {
  let sum = 0;
  for (let r = 0; r < R; r++) if (!(floats[(y.pointer >>> 2) + r * y.stride] > 0.5)) sum++;
  return sum;
};

/** As Keras 3 resolves 'accuracy': by the columns of the output, then by the kind of target. */
const accuracy =
  (sparseTargets: boolean): Measure =>
  (floats, R, N, y, t) => {
    const measure = N > 1 ? hits : sparseTargets ? onlyClassHits : binaryHits;
    return measure(floats, R, N, y, t);
  };

function largest(floats: Float32Array, start: number, N: number): number {
  let best = 0;
  for (let c = 1; c < N; c++) if (floats[start + c] > floats[start + best]) best = c;
  return best;
}

const measures: Record<MetricName, (sparseTargets: boolean) => Measure> = {
  mae: absoluteError,
  meanAbsoluteError: absoluteError,
  mse: squaredError,
  meanSquaredError: squaredError,
  accuracy,
  acc: accuracy,
};

/**
 * @param sparseTargets whether targets are class numbers.
 * @throws SluiceError 'bad-option' that lists the metrics there are.
 */
export function metricsByName(names: readonly MetricName[] = [], sparseTargets: boolean): Metric[] {
  const known = Object.keys(measures) as MetricName[];
  checkOption('compile', 'metrics', names, Array.isArray(names), 'an array of names');
  return [...new Set(names)].map((name) => ({
    name: checkChoice('compile', 'a metric', name, known),
    measure: measures[name](sparseTargets),
  }));
}
