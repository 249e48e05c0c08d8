/** Reading of the records: what a trial's fields mean for a report, holes included. */

import type { ReportInput, ReportTrial } from './input.js';

/** Finite reported values in step order, as [step, value]. */
export function curveOf(trial: ReportTrial): [step: number, value: number][] {
  const source = trial.intermediateValues ?? {};
  const entries: Iterable<[unknown, number]> =
    source instanceof Map ? source.entries() : Object.entries(source);
  const points: [number, number][] = [];
  for (const [step, value] of entries) {
    if (Number.isFinite(Number(step)) && typeof value === 'number') {
      points.push([Number(step), value]);
    }
  }
  return points.sort((a, b) => a[0] - b[0]);
}

/** The value that stands for a trial: its own, of a pruned one else the last report; or undefined. */
export function trialValue(trial: ReportTrial): number | undefined {
  if (trial.state !== 'COMPLETE' && trial.state !== 'PRUNED') return undefined;
  const own = trial.value;
  if (typeof own === 'number' && Number.isFinite(own)) return own;
  if (trial.state === 'COMPLETE') return undefined;
  return curveOf(trial).findLast(([, value]) => Number.isFinite(value))?.[1];
}

function milliseconds(time: ReportTrial['datetimeStart']): number {
  if (time === null || time === undefined) return Number.NaN;
  return time instanceof Date ? time.getTime() : new Date(time).getTime();
}

/** Seconds from start to end, NaN where a time is missing. */
export function secondsOf(trial: ReportTrial): number {
  return (milliseconds(trial.datetimeComplete) - milliseconds(trial.datetimeStart)) / 1000;
}

/** First start as "2026-11-23 17:40 UTC", or undefined. */
export function startOf(trials: readonly ReportTrial[]): string | undefined {
  const starts = trials.map((trial) => milliseconds(trial.datetimeStart)).filter(Number.isFinite);
  if (starts.length === 0) return undefined;
  const earliest = starts.reduce((a, b) => Math.min(a, b));
  return `${new Date(earliest).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Why a trial failed, or an empty text. */
export function failReasonOf(trial: ReportTrial): string {
  const found =
    trial.failReason ?? trial.userAttrs?.failReason ?? trial.systemAttrs?.failReason ?? '';
  return typeof found === 'string' ? found : JSON.stringify(found);
}

/** Trials in number order. */
export function inOrder(trials: readonly ReportTrial[]): ReportTrial[] {
  return [...trials].sort((a, b) => a.number - b.number);
}

/** The best trial's record: the one named by `best`, as long as it exists. */
export function bestTrialOf(input: ReportInput): ReportTrial | undefined {
  return input.trials.find((trial) => trial.number === input.best);
}

export function bestParamsOf(input: ReportInput): Readonly<Record<string, unknown>> {
  return input.bestParams ?? bestTrialOf(input)?.params ?? {};
}

/** Every parameter name, in order of first appearance. */
export function paramNames(trials: readonly ReportTrial[]): string[] {
  return [...new Set(trials.flatMap((trial) => Object.keys(trial.params)))];
}

export function countStates(trials: readonly ReportTrial[]): Record<ReportTrial['state'], number> {
  const counts = { RUNNING: 0, COMPLETE: 0, PRUNED: 0, FAIL: 0, WAITING: 0 };
  for (const trial of trials) counts[trial.state] += 1;
  return counts;
}

export function metricOf(input: ReportInput): string {
  return input.study.metric ?? 'validation loss';
}
