/** The training history of the model that was kept. */

import type { Chart } from '../chart.js';
import type { Point } from '../decimate.js';
import { extent, valueScale } from '../domain.js';
import { count, formatNumber } from '../format.js';
import type { ReportInput } from '../input.js';
import { lineChart, readout, type Series } from '../line-chart.js';
import { integerScale } from '../scale.js';

function points(values: ArrayLike<number> | undefined): Point[] {
  return Array.from(values ?? [], (value, epoch): Point => [epoch + 1, value]);
}

function lowest(values: readonly Point[]): Point | undefined {
  return values
    .filter(([, y]) => Number.isFinite(y))
    .reduce<Point | undefined>(
      (best, point) => (best === undefined || point[1] < best[1] ? point : best),
      undefined,
    );
}

/** Loss on the training and the validation part by epoch; undefined without a finite number. */
export function trainingChart(history: NonNullable<ReportInput['history']>): Chart | undefined {
  const all: Series[] = [
    { name: 'training loss', tone: 'train', points: points(history.loss), dash: true },
    { name: 'validation loss', tone: 'model', thick: true, points: points(history.val_loss) },
  ];
  const series = all.filter((one) => one.points.some(([, y]) => Number.isFinite(y)));
  if (series.length === 0) return undefined;
  const epochs = extent(series.flatMap((one) => one.points.map(([epoch]) => epoch)))[1];
  const values = series.flatMap((one) => one.points.map(([, y]) => y));
  const x = integerScale(1, epochs);
  const y = valueScale(values, 'minimize', { reach: 1e9, logFrom: 6 });
  const best = lowest(series[series.length - 1].points);
  const found =
    best === undefined
      ? ''
      : ` Lowest ${series[series.length - 1].name} ${formatNumber(best[1])} at epoch ${best[0]}.`;
  return lineChart({
    id: 'training',
    title: 'Training of the best model',
    description: `${count(epochs, 'epoch')}.${found}${y.log ? ' Logarithmic axis.' : ''}`,
    x,
    y,
    series,
    height: 240,
    xTitle: 'epoch',
    yTitle: 'loss',
    readout: readout(series, { x, y, height: 240, label: (epoch) => `epoch ${epoch}` }),
  });
}
