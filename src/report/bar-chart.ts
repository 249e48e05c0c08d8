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
  return bars.some((bar) => bar.text.length > 6) ? 0.62 : 0.74;
}

/** The value that fills the width: one bar far longer than all others is cut, not they squeezed. */
function reach(bars: readonly Bar[]): { most: number; cut: boolean } {
  const sizes = bars
    .map((bar) => bar.value)
    .filter((value) => Number.isFinite(value) && value > 0)
    .sort((a, b) => b - a);
  const [first = 0, second = 0] = sizes;
  const cut = sizes.length > 2 && first > 3 * second;
  return { most: cut ? second : first, cut };
}

export function barChart(options: BarChartOptions): Chart {
  const { bars } = options;
  const height = bars.length * ROW;
  const { most, cut } = reach(bars);
  const scale = linearScale(0, most > 0 ? most / longestShare(bars) : 1);
  const share = ({ value }: Bar): number =>
    Number.isFinite(value) && value > 0 ? scale.at(Math.min(value, most * 1.12)) : 0;
  const long = (bar: Bar): string => percent(share(bar));
  const middle = (i: number): number => i * ROW + ROW / 2;
  const boxes = bars.map((bar, i): Markup => {
    const box = { x: 0, y: middle(i) - THICK / 2, width: long(bar), height: THICK };
    return el('rect', { class: `bar ${bar.tone}`, ...box });
  });
  const slashes = bars.flatMap((bar, i): Markup[] => {
    if (!cut || !(bar.value > most)) return [];
    const at = { x: percent(share(bar) * 0.93), y: middle(i), class: 'loose' };
    return [el('svg', at, el('path', { class: 'slash', d: 'M-6 12L0-12M0 12L6-12' }))];
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
    caption: cut ? `${options.caption ?? ''} A slashed bar is cut short.`.trim() : options.caption,
    legend: [],
    height,
    left: leftFor(bars.map((bar) => bar.label)),
    xTitle: '',
    yTitle: options.xTitle,
    body: [
      ...boxes,
      ...slashes,
      ...guide,
      ...texts,
      el('line', { class: 'axis', x1: 0, x2: 0, y1: 0, y2: height }),
    ],
  };
}
