/** Which stretch of the values an axis shows, when a few of them lie far out. */

import { linearScale, logScale, niceScale, type Scale } from './scale.js';

type Direction = 'minimize' | 'maximize';

/** The q-quantile (0..1) of the finite values, NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.round((sorted.length - 1) * q)];
}

/** Low and high of the finite values; [NaN, NaN] of none. */
export function extent(values: Iterable<number>): [low: number, high: number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [Number.NaN, Number.NaN];
}

/**
 * The stretch from the best value to the worst, but no further from the best than `reach`
 * times the median is: one diverged trial must not squeeze all others into a line.
 */
function focused(values: readonly number[], direction: Direction, reach: number): [number, number] {
  const [low, high] = extent(values);
  const middle = quantile(values, 0.5);
  if (direction === 'minimize') {
    const cap = low + reach * (middle - low);
    return [low, cap > low ? Math.min(high, cap) : high];
  }
  const floor = high - reach * (high - middle);
  return [floor < high ? Math.max(low, floor) : low, high];
}

/**
 * A scale for values of an objective. Logarithmic when all are positive and the stretch in
 * view spans more than `logFrom` to one; padded, so that no mark is cut by the frame.
 */
export function valueScale(
  values: readonly number[],
  direction: Direction,
  { reach = 6, logFrom = 20 }: { reach?: number; logFrom?: number } = {},
): Scale {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return linearScale(0, 1);
  const [low, high] = focused(finite, direction, reach);
  if (finite.every((value) => value > 0) && high / low > logFrom) {
    const logs = focused(finite.map(Math.log10), direction, reach);
    const pad = (logs[1] - logs[0]) * 0.04;
    return logScale(10 ** (logs[0] - pad), 10 ** (logs[1] + pad));
  }
  if (low === high) return linearScale(low, high);
  const pad = (high - low) * 0.04;
  return linearScale(low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad);
}

/** A scale for a series: its whole extent, rounded out to ticks. */
export function seriesScale(series: readonly Iterable<number>[], wanted: number): Scale {
  const ends = series.map(extent);
  const [low, high] = extent(ends.flat());
  return niceScale(low, high, wanted);
}
