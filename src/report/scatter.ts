/** Points over two axes; what lies beyond the frame is drawn as a triangle at its edge. */

import { axes, type Chart, type LegendEntry, leftFor, rowsFor } from './chart.js';
import type { Point } from './decimate.js';
import { line, mark, plotArea, type Tone } from './marks.js';
import type { Markup } from './markup.js';
import type { Scale } from './scale.js';

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  readonly tone: Tone;
  readonly shape: 'dot' | 'ring' | 'cross';
  readonly title: string;
  readonly radius?: number;
}

export interface ScatterOptions {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly legend: readonly LegendEntry[];
  readonly x: Scale;
  readonly y: Scale;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly points: readonly ScatterPoint[];
  /** A line behind the points, in data units. */
  readonly trace?: { readonly points: readonly Point[]; readonly tone: Tone };
  readonly height?: number;
  readonly small?: boolean;
}

function place(point: ScatterPoint, { x, y }: ScatterOptions, height: number): Markup[] {
  const across = x.at(point.x);
  if (!Number.isFinite(across)) return [];
  // A cross has no value: it stands on the axis.
  const share = point.shape === 'cross' ? 0 : y.at(point.y);
  if (Number.isNaN(share)) return [];
  const down = height * (1 - Math.min(1, Math.max(0, share)));
  const beyond = point.shape === 'cross' || (share >= 0 && share <= 1) ? undefined : share > 1;
  const shape = beyond === undefined ? point.shape : beyond ? 'up' : 'down';
  return [mark([across, down], point.tone, shape, point.title, point.radius)];
}

export function scatter(options: ScatterOptions): Chart {
  const { x, y, height = 260, small = false, trace } = options;
  const behind =
    trace === undefined
      ? []
      : [
          plotArea(
            height,
            line(
              trace.points.map(([px, py]): Point => [x.at(px), height * (1 - y.at(py))]),
              trace.tone,
            ),
          ),
        ];
  return {
    id: options.id,
    title: options.title,
    description: options.description,
    legend: options.legend,
    height,
    left: leftFor(y.ticks(rowsFor(height)).map((tick) => tick.label)),
    xTitle: options.xTitle,
    yTitle: options.yTitle,
    body: [
      ...axes(x, y, { height, small }),
      ...behind,
      ...options.points.flatMap((point) => place(point, options, height)),
    ],
  };
}
