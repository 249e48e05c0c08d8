/** How a trial's state looks and what its mark says, the same in every chart of the search. */

import type { LegendEntry } from '../chart.js';
import { valueScale } from '../domain.js';
import { formatNumber, formatParam, shorten } from '../format.js';
import type { ReportInput, ReportTrial } from '../input.js';
import { countStates, failReasonOf, inOrder, trialValue } from '../records.js';
import type { Scale } from '../scale.js';
import type { ScatterPoint } from '../scatter.js';

type Look = Pick<ScatterPoint, 'tone' | 'shape' | 'radius'>;

function lookOf(trial: ReportTrial, best: number | undefined): Look {
  if (trial.number === best) return { tone: 'best', shape: 'dot', radius: 5.5 };
  if (trial.state === 'COMPLETE') return { tone: 'complete', shape: 'dot' };
  if (trial.state === 'PRUNED') return { tone: 'pruned', shape: 'ring', radius: 3 };
  return { tone: 'fail', shape: 'cross' };
}

/** "trial 12, pruned: 0.1234"; the reason, cut, where it failed. */
export function trialTitle(trial: ReportTrial): string {
  const state = {
    COMPLETE: '',
    PRUNED: ', pruned',
    FAIL: ', failed',
    RUNNING: ', running',
    WAITING: ', waiting',
  }[trial.state];
  const value = trialValue(trial);
  const reason = shorten(failReasonOf(trial), 80);
  const rest =
    value !== undefined ? `: ${formatNumber(value)}` : reason === '' ? '' : `: ${reason}`;
  return `trial ${trial.number}${state}${rest}`;
}

/** One mark for each trial that has ended: those with a value, and crosses for those without. */
export function trialPoints(
  input: ReportInput,
  across: (trial: ReportTrial) => number,
  param?: string,
): ScatterPoint[] {
  const ended = inOrder(input.trials).filter(
    (trial) => trial.state !== 'RUNNING' && trial.state !== 'WAITING',
  );
  const points = ended.map((trial): ScatterPoint => {
    const value = trialValue(trial);
    const look = lookOf(trial, input.best);
    const has = param !== undefined && param in trial.params;
    const title =
      trialTitle(trial) +
      (has ? `, ${param} ${shorten(formatParam(trial.params[param]), 60)}` : '');
    const shape = value === undefined ? 'cross' : look.shape;
    return { x: across(trial), y: value ?? Number.NaN, ...look, shape, title };
  });
  // The best one is drawn last, on top of all others.
  return points.sort((a, b) => Number(a.tone === 'best') - Number(b.tone === 'best'));
}

/** Values of the trials that have one. */
export function trialValues(input: ReportInput): number[] {
  return input.trials.flatMap((trial) => trialValue(trial) ?? []);
}

/** With fewer complete trials than this the pruned ones shape the axis too. */
const ENOUGH = 5;

/**
 * The axis of all charts of values. Complete trials decide: a pruned one was stopped because
 * it was worse, often by far, and would squeeze the rest.
 */
export function trialScale(input: ReportInput): Scale {
  const complete = trialValues({
    ...input,
    trials: input.trials.filter((trial) => trial.state === 'COMPLETE'),
  });
  const values = complete.length >= ENOUGH ? complete : trialValues(input);
  return valueScale(values, input.study.direction);
}

/** The states that occur, as dots or, for curves, as lines. */
export function stateLegend(input: ReportInput, lines = false): LegendEntry[] {
  const states = countStates(input.trials);
  const entries: LegendEntry[] = [];
  const hasBest = input.trials.some((trial) => trial.number === input.best);
  if (hasBest)
    entries.push({
      label: `best (trial ${input.best})`,
      tone: 'best',
      shape: lines ? 'line' : 'dot',
    });
  if (states.COMPLETE > (hasBest ? 1 : 0)) {
    entries.push({ label: 'complete', tone: 'complete', shape: lines ? 'line' : 'dot' });
  }
  if (states.PRUNED > 0)
    entries.push({ label: 'pruned', tone: 'pruned', shape: lines ? 'dash' : 'ring' });
  if (states.FAIL > 0) entries.push({ label: 'failed', tone: 'fail', shape: 'cross' });
  return entries;
}
