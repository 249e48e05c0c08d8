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
function longestShare(bars: readonly Bar[]): number {
  return bars.some((bar) => bar.text.length > 6) ? 0.66 : 0.78;
}

export function barChart(options: BarChartOptions): Chart {
  const { bars } = options;
  const height = bars.length * ROW;
  const finite = bars
    .map((bar) => bar.value)
    .filter((value) => Number.isFinite(value) && value > 0);
  const most = finite.reduce((a, b) => Math.max(a, b), 0);
  const scale = linearScale(0, most > 0 ? most / longestShare(bars) : 1);
  const long = ({ value }: Bar): string =>
    percent(Number.isFinite(value) && value > 0 ? scale.at(value) : 0);
  const middle = (i: number): number => i * ROW + ROW / 2;
  const boxes = bars.map((bar, i): Markup => {
    const box = { x: 0, y: middle(i) - THICK / 2, width: long(bar), height: THICK };
    return el('rect', { class: `bar ${bar.tone}`, ...box });
  });
  const texts = bars.flatMap((bar, i): Markup[] => {
    const line = { y: middle(i), dy: '0.34em' };
    return [
      el('text', { class: 'name', x: -10, ...line, 'text-anchor': 'end' }, bar.label),
      el('text', { class: 'number', x: long(bar), dx: 8, ...line }, bar.text),
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
    body: [
      ...boxes,
      ...guide,
      ...texts,
      el('line', { class: 'axis', x1: 0, x2: 0, y1: 0, y2: height }),
    ],
  };
}
