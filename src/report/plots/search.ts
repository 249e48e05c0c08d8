/** The search: value by trial with the best so far, and the loss curves of all trials. */

import type { Chart, LegendEntry } from '../chart.js';
import type { Point } from '../decimate.js';
import { extent, valueScale } from '../domain.js';
import { count, formatNumber } from '../format.js';
import type { ReportInput, ReportTrial } from '../input.js';
import { lineChart, type Series } from '../line-chart.js';
import { bestTrialOf, curveOf, inOrder, metricOf, trialValue } from '../records.js';
import { integerScale, type Scale } from '../scale.js';
import { scatter } from '../scatter.js';
import { stateLegend, trialPoints, trialScale, trialTitle, trialValues } from './trials.js';

/** The best complete value up to each trial, as steps: it changes at a trial, not between two. */
function bestSoFar(input: ReportInput): Point[] {
  const better = input.study.direction === 'minimize' ? Math.min : Math.max;
  const points: Point[] = [];
  let best: number | undefined;
  for (const trial of inOrder(input.trials)) {
    const value = trial.state === 'COMPLETE' ? trialValue(trial) : undefined;
    if (best !== undefined) points.push([trial.number, best]);
    if (value !== undefined && (best === undefined || better(best, value) !== best)) {
      best = value;
      points.push([trial.number, best]);
    }
  }
  return points;
}

export function historyChart(input: ReportInput): Chart {
  const numbers = input.trials.map((trial) => trial.number);
  const [low, high] = extent(numbers);
  const x = integerScale(low - 0.5, high + 0.5);
  const y = trialScale(input);
  const best = bestTrialOf(input);
  const line = bestSoFar(input);
  const found =
    best === undefined
      ? 'none is complete.'
      : `the line is the best so far. The best came at trial ${best.number}: ${formatNumber(best.value)}.`;
  const legend: LegendEntry = { label: 'best so far', tone: 'best', shape: 'line' };
  return scatter({
    id: 'history',
    title: 'Value of every trial',
    description: `${count(input.trials.length, 'trial')} in order; ${found}${scaleNote(input, y)}`,
    legend: line.length > 1 ? [...stateLegend(input), legend] : stateLegend(input),
    x,
    y,
    xTitle: 'trial',
    yTitle: metricOf(input),
    points: trialPoints(input, (trial) => trial.number),
    trace: { points: line, tone: 'best' },
  });
}

function scaleNote(input: ReportInput, y: Scale): string {
  const beyond = trialValues(input).some((value) => !(y.at(value) >= 0 && y.at(value) <= 1));
  return (y.log ? ' Logarithmic axis.' : '') + (beyond ? ' Triangles lie beyond the frame.' : '');
}

/** Room for this many curve points in all: 500 trials stay far below the size of a photograph. */
const CURVE_POINTS = 60_000;

/** From here on single curves are no longer followed by eye. */
const MANY = 60;

const END = {
  FAIL: 'cross',
  PRUNED: 'ring',
  COMPLETE: undefined,
  RUNNING: undefined,
  WAITING: undefined,
} as const;
const TONE = {
  FAIL: 'fail',
  PRUNED: 'pruned',
  COMPLETE: 'complete',
  RUNNING: 'complete',
  WAITING: 'complete',
} as const;

function curve(trial: ReportTrial, input: ReportInput, buckets: number, many: boolean): Series {
  const best = trial.number === input.best;
  const points = curveOf(trial).map(([step, value]): Point => [step + 1, value]);
  return {
    name: `trial ${trial.number}`,
    tone: best ? 'best' : TONE[trial.state],
    thick: best,
    dash: trial.state === 'PRUNED',
    end: best ? 'dot' : END[trial.state],
    // The best trial's value is often that of an epoch before its last.
    endAt: best ? points.findLast(([, value]) => value === trial.value) : undefined,
    points,
    title: trialTitle(trial),
    buckets: best ? 400 : buckets,
    many: !best && many,
  };
}

/** Every reported loss curve; undefined when nothing was reported. */
export function lossCurves(input: ReportInput): Chart | undefined {
  const trials = inOrder(input.trials).filter((trial) => curveOf(trial).length > 0);
  if (trials.length === 0) return undefined;
  const buckets = Math.max(5, Math.floor(CURVE_POINTS / 4 / trials.length));
  const order = { FAIL: 0, PRUNED: 1, RUNNING: 2, WAITING: 2, COMPLETE: 3 };
  // The best curve lies on top, the pruned ones at the bottom.
  const rank = (trial: ReportTrial): number =>
    trial.number === input.best ? 9 : order[trial.state];
  const series = [...trials]
    .sort((a, b) => rank(a) - rank(b))
    .map((trial) => curve(trial, input, buckets, trials.length >= MANY));
  const values = series.flatMap((one) => one.points.map(([, y]) => y));
  const x = integerScale(1, extent(series.flatMap((one) => one.points.map(([step]) => step)))[1]);
  const y = valueScale(values, input.study.direction, { reach: 12, logFrom: 6 });
  const missing = input.trials.length - trials.length;
  const best = bestTrialOf(input);
  const value = best === undefined ? '' : ' The dot is the value of the best.';
  const silent = missing > 0 ? ` ${count(missing, 'trial')} reported nothing.` : '';
  return lineChart({
    id: 'curves',
    title: 'Loss curves of all trials',
    description: `What each trial reported after each epoch.${value}${silent}${y.log ? ' Logarithmic axis.' : ''}`,
    legend: stateLegend(input, true),
    x,
    y,
    series,
    height: 300,
    xTitle: 'epoch',
    yTitle: metricOf(input),
  });
}
