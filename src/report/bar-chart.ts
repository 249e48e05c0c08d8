/** Lying bars with a name before and the number behind each; zero is always in view. */

import { type Chart, leftFor } from './chart.js';
import { percent, type Tone } from './marks.js';
import { el, type Markup } from './markup.js';
import { linearScale } from './scale.js';

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly tone: Tone;
  /** The number as text. */
  readonly text: string;
}

export interface BarChartOptions {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly caption?: string;
  readonly bars: readonly Bar[];
  readonly xTitle: string;
  /** A line through all bars, to compare with. */
  readonly reference?: number;
}

const ROW = 34;
const THICK = 20;
/** Share of the width that the longest bar takes; the rest is for its number. */
const LONGEST = 0.8;

export function barChart(options: BarChartOptions): Chart {
  const { bars } = options;
  const height = bars.length * ROW;
  const finite = bars
    .map((bar) => bar.value)
    .filter((value) => Number.isFinite(value) && value > 0);
  const most = finite.reduce((a, b) => Math.max(a, b), 0);
  const scale = linearScale(0, most > 0 ? most / LONGEST : 1);
  const rows = bars.flatMap((bar, i): Markup[] => {
    const middle = i * ROW + ROW / 2;
    const long = Number.isFinite(bar.value) && bar.value > 0 ? scale.at(bar.value) : 0;
    const box = { x: 0, y: middle - THICK / 2, width: percent(long), height: THICK };
    return [
      el(
        'text',
        { class: 'name', x: -10, y: middle, dy: '0.34em', 'text-anchor': 'end' },
        bar.label,
      ),
      el('rect', { class: `bar ${bar.tone}`, ...box }),
      el('text', { class: 'number', x: percent(long), dx: 8, y: middle, dy: '0.34em' }, bar.text),
    ];
  });
  const at = options.reference === undefined ? Number.NaN : scale.at(options.reference);
  const guide = Number.isFinite(at)
    ? [el('line', { class: 'guide', x1: percent(at), x2: percent(at), y1: 0, y2: height })]
    : [];
  return {
    id: options.id,
    title: options.title,
    description: options.description,
    caption: options.caption,
    legend: [],
    height,
    left: leftFor(bars.map((bar) => bar.label)),
    xTitle: '',
    yTitle: options.xTitle,
    body: [...guide, ...rows, el('line', { class: 'axis', x1: 0, x2: 0, y1: 0, y2: height })],
  };
}
