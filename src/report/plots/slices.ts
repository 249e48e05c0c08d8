/** Each parameter against the value: where in its range the good trials lie. */

import type { Chart } from '../chart.js';
import { extent } from '../domain.js';
import { formatParam, shorten } from '../format.js';
import type { ReportDistribution, ReportInput, ReportTrial } from '../input.js';
import { metricOf, paramNames } from '../records.js';
import { bandScale, integerScale, linearScale, logScale, type Scale } from '../scale.js';
import { scatter } from '../scatter.js';
import { stateLegend, trialPoints, trialScale } from './trials.js';

interface Axis {
  readonly scale: Scale;
  readonly log: boolean;
  across(value: unknown): number;
}

function numberAxis(values: readonly number[], log: boolean): Axis {
  const [low, high] = extent(values);
  if (log && low > 0) {
    const pad = (high / low) ** 0.05 || 1;
    return { scale: logScale(low / pad, high * pad), log: true, across: Number };
  }
  const pad = (high - low) * 0.05;
  const scale = values.every(Number.isInteger) ? integerScale : linearScale;
  return { scale: scale(low - pad, high + pad), log: false, across: Number };
}

function choiceAxis(values: readonly unknown[], distribution?: ReportDistribution): Axis {
  // The declared order first; what is not declared stands behind it.
  const labels = [...new Set([...(distribution?.choices ?? []), ...values].map(formatParam))];
  return {
    scale: bandScale(labels),
    log: false,
    across: (value) => labels.indexOf(formatParam(value)),
  };
}

function axisOf(name: string, trials: readonly ReportTrial[]): Axis {
  const own = trials.filter((trial) => name in trial.params);
  const values = own.map((trial) => trial.params[name]);
  const distribution = own.find((trial) => trial.distributions?.[name] !== undefined)
    ?.distributions?.[name];
  const numeric = values.every((value) => typeof value === 'number');
  if (!numeric || distribution?.choices !== undefined) return choiceAxis(values, distribution);
  return numberAxis(values as number[], distribution?.log === true);
}

/** One small chart for each parameter, all over the same value axis. */
export function sliceCharts(input: ReportInput): Chart[] {
  const y = trialScale(input);
  return paramNames(input.trials).map((name, i) => {
    const axis = axisOf(name, input.trials);
    const having = { ...input, trials: input.trials.filter((trial) => name in trial.params) };
    return scatter({
      id: `slice-${i + 1}`,
      title: name,
      description: `${metricOf(input)} of ${having.trials.length} trials against ${name}${axis.log ? ', logarithmic axis' : ''}.`,
      legend: stateLegend(input),
      x: axis.scale,
      y,
      xTitle: shorten(name, 28) + (axis.log ? ', log' : ''),
      yTitle: metricOf(input),
      points: trialPoints(having, (trial) => axis.across(trial.params[name]), name),
      height: 170,
      small: true,
    });
  });
}
