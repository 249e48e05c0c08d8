/** Lines over a common axis: series, loss curves, training history. */

import { axes, type Chart, type LegendEntry, leftFor, type Readout, rowsFor } from './chart.js';
import type { Point } from './decimate.js';
import { formatNumber } from './format.js';
import { line, mark, plotArea, type Tone } from './marks.js';
import type { Markup } from './markup.js';
import type { Scale } from './scale.js';

export interface Series {
  readonly name: string;
  readonly tone: Tone;
  readonly dash?: boolean;
  readonly thick?: boolean;
  /** [x, y] in data units, ascending in x; a y that is not finite is a gap. */
  readonly points: readonly Point[];
  /** A title on hover, where the legend does not name the line. */
  readonly title?: string;
  /** A mark at the last finite point, or at `endAt` (in data units). */
  readonly end?: 'dot' | 'ring' | 'cross';
  readonly endAt?: Point;
  /** A dot on every point. */
  readonly dots?: boolean;
  readonly buckets?: number;
  /** Drawn below those that are not. */
  readonly behind?: boolean;
  /** Many points: a thinner stroke. */
  readonly fine?: boolean;
  /** One of very many: faint, so that where they lie thick shows. */
  readonly many?: boolean;
}

export interface LineChartOptions {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly legend?: readonly LegendEntry[];
  readonly x: Scale;
  readonly y: Scale;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
  readonly height?: number;
  readonly small?: boolean;
  /** Behind the lines. */
  readonly behind?: readonly Markup[];
  readonly readout?: Readout;
}

function legendOf(series: readonly Series[]): LegendEntry[] {
  return series.map(({ name, tone, dash }) => ({
    label: name,
    tone,
    shape: dash ? 'dash' : 'line',
  }));
}

function endMarks(series: Series, points: readonly Point[]): Markup[] {
  const seen = points.filter(([, y]) => Number.isFinite(y));
  const last = seen.at(-1);
  if (last === undefined) return [];
  if (series.dots) return seen.map((point) => mark(point, series.tone, 'dot', undefined, 2.5));
  // One point alone makes no line.
  const shape = series.end ?? (seen.length === 1 ? 'dot' : undefined);
  return shape === undefined
    ? []
    : [mark(last, series.tone, shape, series.title, series.thick ? 3.5 : series.many ? 1.75 : 2.5)];
}

export function lineChart(options: LineChartOptions): Chart {
  const { x, y, height = 260, small = false } = options;
  const down = (value: number): number => height * (1 - y.at(value));
  const place = ([px, py]: Point): Point => [x.at(px), down(py)];
  const drawn = [...options.series].sort((a, b) => Number(!a.behind) - Number(!b.behind));
  const placed = drawn.map((series) => series.points.map(place));
  const lines = drawn.map((series, i) => line(placed[i], series.tone, series));
  const inside = (point: Point): boolean => point[1] >= -1 && point[1] <= height + 1;
  const marks = drawn.flatMap((series, i) =>
    endMarks(series, (series.endAt ? [place(series.endAt)] : placed[i]).filter(inside)),
  );
  return {
    id: options.id,
    title: options.title,
    description: options.description,
    legend: options.legend ?? legendOf(options.series),
    height,
    left: leftFor(y.ticks(rowsFor(height)).map((tick) => tick.label)),
    xTitle: options.xTitle,
    yTitle: options.yTitle,
    body: [
      ...axes(x, y, { height, small }),
      ...(options.behind ?? []),
      plotArea(height, ...lines),
      ...marks,
    ],
    readout: options.readout,
  };
}

/** More positions than pixels help nobody. */
const MOST_READ_OUT = 2000;

/** What a crosshair reads from series that share their x values. */
export function readout(
  series: readonly Series[],
  {
    x,
    y,
    height = 260,
    label,
  }: { x: Scale; y: Scale; height?: number; label: (x: number, i: number) => string },
): Readout {
  const all = series[0]?.points ?? [];
  const every = Math.max(1, Math.ceil(all.length / MOST_READ_OUT));
  const picked = all.flatMap((_, i) => (i % every === 0 ? [i] : []));
  const share = (value: number): number => Math.round(value * 1e5) / 1e5;
  return {
    x: picked.map((i) => share(x.at(all[i][0]))),
    labels: picked.map((i) => label(all[i][0], i)),
    series: series.map(({ name, tone, points }) => ({
      name,
      tone,
      y: picked.map((i) => {
        const down = height * (1 - y.at(points[i]?.[1] ?? Number.NaN));
        return Number.isFinite(down)
          ? Math.round(Math.max(-2, Math.min(height + 2, down)) * 10) / 10
          : null;
      }),
      text: picked.map((i) => formatNumber(points[i]?.[1])),
    })),
  };
}
