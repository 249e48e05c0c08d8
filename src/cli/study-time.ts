/** How long a study took: a report tells of all its runs, not only of the one that ended it. */

import type { FrozenTrial } from '../tune/trial.js';

/**
 * Seconds in which at least one trial ran, of those over before `until` (milliseconds since
 * 1970). Trials that a killed process left behind do not count: nobody saw their end.
 */
export function secondsBefore(trials: readonly FrozenTrial[], until: number): number {
  const spans = trials
    .filter(({ systemAttrs }) => systemAttrs.fail_code !== 'interrupted')
    .map((trial) => [trial.datetimeStart?.getTime(), trial.datetimeComplete?.getTime()])
    .filter((span): span is [number, number] => span.every(Number.isFinite))
    .filter(([, to]) => to <= until)
    .sort(([a], [b]) => a - b);
  let total = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const [from, to] of spans) {
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total / 1000;
}
