/** The model's error on the test part beside those of the simple forecasts. */

import { type Bar, barChart } from '../bar-chart.js';
import type { Chart } from '../chart.js';
import { decimalsFor, formatFixed } from '../format.js';
import type { TestFigures } from '../input.js';
import { compareToBaselines } from '../verdict.js';

export function baselineChart(test: TestFigures, unit: string): Chart {
  const comparisons = compareToBaselines(test);
  const decimals = decimalsFor([test.mae]);
  const bars: Bar[] = [
    {
      label: 'LSTM (tuned)',
      value: test.mae,
      tone: 'model',
      text: formatFixed(test.mae, decimals),
    },
    ...comparisons.map(
      ({ label, figures, key }): Bar => ({
        label,
        value: figures.mae,
        tone: key === 'seasonalNaive' ? 'naive' : 'quiet',
        text: formatFixed(figures.mae, decimals),
      }),
    ),
  ];
  const said = bars.map((bar) => `${bar.label} ${bar.text}`).join(', ');
  return barChart({
    id: 'baselines',
    title: 'Mean absolute error',
    description: `Shorter is better. ${said}.`,
    caption: 'Shorter is better; the dashed line marks the LSTM.',
    bars,
    xTitle: unit,
    reference: test.mae,
  });
}
