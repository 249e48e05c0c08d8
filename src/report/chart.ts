/** A chart: axes and marks, its words, and the two ways to show it (in a page, on its own). */

import { percent, type Shape, type Tone } from './marks.js';
import { el, type Markup, trusted } from './markup.js';
import { anchorOf, fittingTicks, type Scale, type Tick } from './scale.js';
import { chartCss } from './theme.js';

export interface LegendEntry {
  readonly label: string;
  readonly tone: Tone;
  readonly shape: Shape;
}

/** What the crosshair of a line chart reads out; shares across, values in data units. */
export interface Readout {
  readonly x: readonly number[];
  readonly labels: readonly string[];
  readonly series: readonly {
    readonly name: string;
    readonly tone: Tone;
    /** Pixels down from the top of the plot; null for a gap. */
    readonly y: readonly (number | null)[];
    readonly text: readonly string[];
  }[];
}

export interface Chart {
  /** Names the chart inside a page: letters, digits and hyphens. */
  readonly id: string;
  readonly title: string;
  /** What the chart shows and says, for those who do not see it and above it for all. */
  readonly description: string;
  /** Instead of the description above the chart, where that only repeats what is drawn. */
  readonly caption?: string;
  readonly legend: readonly LegendEntry[];
  /** Height of the plot between its axes, pixels. */
  readonly height: number;
  /** Room for the labels left of the axis, pixels. */
  readonly left: number;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly body: readonly Markup[];
  readonly readout?: Readout;
}

/** Pixels above the plot (axis title), below it (ticks and title) and right of it. */
const TOP = 26;
const BOTTOM = 44;
const RIGHT = 14;

/** Room for the longest of the labels; in steps of 8, because the page has a class for each. */
export function leftFor(labels: readonly string[]): number {
  const longest = labels.reduce((most, label) => Math.max(most, [...label].length), 1);
  return Math.min(152, Math.max(32, Math.ceil((longest * 7.2 + 14) / 8) * 8));
}

function xTicks(ticks: readonly Tick[], height: number, name: string): Markup[] {
  return ticks.flatMap((tick) => {
    const across = percent(tick.at);
    const notch = { class: `tickmark${name}`, x1: across, x2: across, y1: height, y2: height + 4 };
    const place = { x: across, y: height + 19, 'text-anchor': anchorOf(tick) };
    return [el('line', notch), el('text', { class: `tick${name}`, ...place }, tick.label)];
  });
}

/** Two sets of ticks, of which the width of the column shows one. */
function xAxis(x: Scale, height: number, small: boolean): Markup[] {
  const few = fittingTicks(x, 6, 250);
  if (small) return xTicks(few, height, '');
  const many = fittingTicks(x, 9, 580);
  return [...xTicks(many, height, ' wide'), ...xTicks(few, height, ' narrow')];
}

/** Grid lines wanted for a height in pixels. */
export function rowsFor(height: number): number {
  return Math.max(2, Math.round(height / 52));
}

export interface AxesOptions {
  readonly height: number;
  /** A chart in a grid of many: fewer ticks. */
  readonly small?: boolean;
}

/** Grid, ticks and labels of both axes. */
export function axes(x: Scale, y: Scale, { height, small = false }: AxesOptions): Markup[] {
  const rows = y.ticks(rowsFor(height)).flatMap(({ at, label }) => {
    const down = height * (1 - at);
    return [
      el('line', { class: 'grid', x1: 0, x2: '100%', y1: down, y2: down }),
      el('text', { class: 'tick', x: -8, y: down, dy: '0.32em', 'text-anchor': 'end' }, label),
    ];
  });
  const base = el('line', { class: 'axis', x1: 0, x2: '100%', y1: height, y2: height });
  return [...rows, base, ...xAxis(x, height, small)];
}

function axisTitles(chart: Chart): Markup[] {
  const bottom = { class: 'label', x: '100%', y: chart.height + 37, 'text-anchor': 'end' };
  return [
    el('text', { class: 'label', x: -chart.left, y: -12 }, chart.yTitle),
    el('text', bottom, chart.xTitle),
  ];
}

function words(chart: Chart): { names: string; title: Markup; desc: Markup } {
  const [title, desc] = [`${chart.id}-title`, `${chart.id}-desc`];
  return {
    names: `${title} ${desc}`,
    title: el('title', { id: title }, chart.title),
    desc: el('desc', { id: desc }, chart.description),
  };
}

/** The SVG for a page: as wide as its column, coloured by the page's variables. */
export function fluidSvg(chart: Chart): Markup {
  const { names, title, desc } = words(chart);
  const size = { width: '100%', height: chart.height };
  const svg = { class: 'plot', ...size, role: 'img', 'aria-labelledby': names };
  return el('svg', svg, title, desc, axisTitles(chart), chart.body);
}

/** A swatch as the legend of a page shows it. */
export function swatch(entry: LegendEntry): Markup {
  const box = { class: 'swatch', width: 22, height: 10, 'aria-hidden': 'true' };
  if (entry.shape === 'line' || entry.shape === 'dash') {
    const name = `line thick ${entry.tone}${entry.shape === 'dash' ? ' dash' : ''}`;
    return el('svg', box, el('path', { class: name, d: 'M1 5H21' }));
  }
  if (entry.shape === 'bar') {
    return el(
      'svg',
      box,
      el('rect', { class: `bar ${entry.tone}`, x: 4, y: 0, width: 14, height: 10 }),
    );
  }
  if (entry.shape === 'cross') {
    return el('svg', box, el('path', { class: `stroke ${entry.tone}`, d: 'M8 2L14 8M14 2L8 8' }));
  }
  return el(
    'svg',
    box,
    el('circle', { class: `${entry.shape} ${entry.tone}`, cx: 11, cy: 5, r: 3.5 }),
  );
}

/** Signs that flow with the text, where nothing can measure how wide a label is. */
const GLYPHS: Record<Shape, string> = {
  line: '\u2501',
  dash: '\u2505',
  dot: '\u25CF',
  ring: '\u25CB',
  cross: '\u00D7',
  bar: '\u25A0',
};

function flowingLegend(chart: Chart, y: number): Markup {
  const entries = chart.legend.flatMap(({ label, tone, shape }, i) => [
    el('tspan', { class: `ink ${tone}`, dx: i === 0 ? 0 : 16 }, GLYPHS[shape]),
    el('tspan', { dx: 5 }, label),
  ]);
  return el('text', { class: 'label', x: 16, y }, entries);
}

export interface StandaloneOptions {
  /** Pixels across; default 760. */
  readonly width?: number;
  /** Instead of the chart's own title. */
  readonly title?: string;
}

/** A whole SVG document with its own title, legend and colours for light and dark. */
export function standaloneSvg(
  plain: Chart,
  { width = 760, title: own = plain.title }: StandaloneOptions = {},
): string {
  const chart = { ...plain, title: own };
  const { names, title, desc } = words(chart);
  const top = (chart.legend.length > 0 ? 62 : 40) + TOP;
  const height = top + chart.height + BOTTOM + (chart.xTitle === '' ? -8 : 8);
  const left = chart.left + 16;
  const box = { x: left, y: top, width: width - left - RIGHT - 6, height: chart.height };
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': names,
    class: 'standalone',
  };
  return el(
    'svg',
    root,
    title,
    desc,
    el('style', {}, trusted(chartCss)),
    el('rect', { class: 'paper', width, height }),
    el('text', { class: 'heading', x: 16, y: 30 }, chart.title),
    flowingLegend(chart, 54),
    el('svg', { ...box, class: 'plot' }, axisTitles(chart), chart.body),
  ).source;
}
