/**
 * What stands inside the axes. Across, everything is a share of the width (0 to 1), so that a
 * chart stretches with its column while text and strokes keep their size; down, pixels.
 */

import { decimate, type Point } from './decimate.js';
import { el, type Markup, round } from './markup.js';

/** What a mark stands for; the theme gives each tone its colour. */
export type Tone =
  | 'model'
  | 'truth'
  | 'naive'
  | 'complete'
  | 'pruned'
  | 'fail'
  | 'best'
  | 'train'
  | 'quiet';

export type Shape = 'line' | 'dash' | 'dot' | 'ring' | 'cross' | 'bar';

export function percent(share: number): string {
  return `${round(share * 100)}%`;
}

const tenth = (value: number): string => String(Math.round(value * 10) / 10 + 0);

/** Path data in a box 1000 wide; the pen is lifted at points that are not finite. */
function pathData(points: readonly Point[]): string {
  let data = '';
  let down = false;
  for (const [x, y] of points) {
    const seen = Number.isFinite(x) && Number.isFinite(y);
    if (seen) data += `${down ? 'L' : 'M'}${tenth(x * 1000)} ${tenth(y)}`;
    down = seen;
  }
  return data;
}

export interface LineOptions {
  readonly dash?: boolean;
  readonly thick?: boolean;
  readonly fine?: boolean;
  readonly many?: boolean;
  readonly title?: string;
  /** Stretches to keep when there are too many points. */
  readonly buckets?: number;
}

/** A line through points of [share across, pixels down]. Stands inside `plotArea`. */
export function line(points: readonly Point[], tone: Tone, options: LineOptions = {}): Markup {
  const name = `line ${tone}${options.dash ? ' dash' : ''}${options.thick ? ' thick' : ''}${options.fine ? ' fine' : ''}${options.many ? ' many' : ''}`;
  const title = options.title === undefined ? undefined : el('title', {}, options.title);
  return el('path', { class: name, d: pathData(decimate(points, options.buckets ?? 400)) }, title);
}

/** The box for lines: 1000 wide whatever the column is, clipped to the axes. */
export function plotArea(height: number, ...lines: Markup[]): Markup {
  const size = { width: '100%', height, viewBox: `0 0 1000 ${height}` };
  return el('svg', { class: 'area', ...size, preserveAspectRatio: 'none' }, lines);
}

/** A mark at one point; `ring` is hollow, `cross` says that there is no value. */
export function mark(
  at: Point,
  tone: Tone,
  shape: 'dot' | 'ring' | 'cross' | 'up' | 'down',
  title?: string,
  radius = 3.5,
): Markup {
  const hint = title === undefined ? undefined : el('title', {}, title);
  const [x, y] = [percent(at[0]), round(at[1])];
  if (shape === 'dot' || shape === 'ring') {
    return el('circle', { class: `${shape} ${tone}`, cx: x, cy: y, r: radius }, hint);
  }
  const d =
    shape === 'cross' ? 'M-3-3L3 3M3-3L-3 3' : shape === 'up' ? 'M-4 3L0-4L4 3Z' : 'M-4-3L0 4L4-3Z';
  const path = el('path', { class: `${shape === 'cross' ? 'stroke' : 'dot'} ${tone}`, d }, hint);
  return el('svg', { x, y, class: 'loose' }, path);
}
