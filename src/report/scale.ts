/** Scales map data to a share of the axis, 0 at its start and 1 at its end, and name the ticks. */

import { formatFixed, formatNumber, shorten } from './format.js';

export interface Tick {
  /** Share of the axis, 0 to 1. */
  readonly at: number;
  readonly label: string;
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** Share of the axis; outside 0..1 for values outside the domain, NaN for what has no place. */
  at(value: number): number;
  /** About `wanted` ticks inside the domain, at round values. */
  ticks(wanted: number): Tick[];
}

/** The step among 1, 2, 5 times a power of ten that cuts `span` into about `wanted` pieces. */
export function niceStep(span: number, wanted: number): number {
  const raw = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const share = raw / power;
  const factor = share < Math.SQRT2 ? 1 : share < 3.16 ? 2 : share < 7.07 ? 5 : 10;
  return factor * power;
}

/** Round values from low to high, at 1-2-5 steps. */
export function niceValues(low: number, high: number, wanted: number): number[] {
  const step = niceStep(high - low, wanted);
  if (!(step > 0) || !Number.isFinite(step)) return [low];
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const values: number[] = [];
  for (let i = first; i <= last && values.length < 100; i++) {
    // Through the digits of the step, so that 3 * 0.1 is 0.3.
    values.push(Number((i * step).toPrecision(12)));
  }
  return values;
}

/** Tick labels with as many decimals as the step between them needs, and no more. */
export function tickLabels(values: readonly number[]): string[] {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const step = values.length > 1 ? values[1] - values[0] : largest || 1;
  if (largest >= 1e7 || largest < 1e-3) return values.map((value) => formatNumber(value));
  const decimals = Math.min(10, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return values.map((value) => formatFixed(value, decimals));
}

/** Two distinct finite ends around the values given, whatever they are. */
export function widen(low: number, high: number): [low: number, high: number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  // Half of the widest span is the most that a difference can hold without overflow.
  const [a, b] = [Math.max(low, -1e300), Math.min(high, 1e300)];
  if (b > a && b - a > Math.abs(b) * 1e-12) return [a, b];
  const pad = Math.abs(a) * 0.05 || 1;
  return [a - pad, a + pad];
}

export function linearScale(from: number, to: number): Scale {
  const [low, high] = widen(from, to);
  const at = (value: number): number => (value - low) / (high - low);
  const ticks = (wanted: number): Tick[] => {
    const values = niceValues(low, high, wanted);
    const labels = tickLabels(values);
    return values.map((value, i) => ({ at: at(value), label: labels[i] }));
  };
  return { low, high, log: false, at, ticks };
}

/** A linear scale of whole numbers: no tick between two of them. */
export function integerScale(from: number, to: number): Scale {
  const scale = linearScale(from, to);
  const ticks = (wanted: number): Tick[] => {
    const most = Math.min(wanted, Math.max(1, Math.floor(scale.high) - Math.ceil(scale.low)));
    return niceValues(scale.low, scale.high, most)
      .filter(Number.isInteger)
      .map((value) => ({ at: scale.at(value), label: formatNumber(value) }));
  };
  return { ...scale, ticks };
}

/** A linear scale whose ends are moved out to ticks; the ticks are settled by `wanted` here. */
export function niceScale(from: number, to: number, wanted: number): Scale {
  const [low, high] = widen(from, to);
  const step = niceStep(high - low, wanted);
  if (!(step > 0) || !Number.isFinite(step)) return linearScale(low, high);
  const tidy = (value: number): number => Number((value * step).toPrecision(12));
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const scale = linearScale(tidy(first), tidy(last));
  const values = Array.from({ length: last - first + 1 }, (_, i) => tidy(first + i));
  const labels = tickLabels(values);
  const ticks = values.map((value, i) => ({ at: scale.at(value), label: labels[i] }));
  return { ...scale, ticks: () => ticks };
}

function decadeValues(low: number, high: number, wanted: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const decades = Math.log10(high) - Math.log10(low);
  const every = Math.max(1, Math.ceil(decades / wanted));
  const factors = decades * 3 <= wanted + 1 ? [1, 2, 5] : decades * 2 <= wanted + 1 ? [1, 3] : [1];
  const values: number[] = [];
  for (let power = first; power <= last; power += every) {
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) values.push(value);
    }
  }
  // Less than about a decade: round linear values say more than one lonely power of ten.
  return values.length >= 3 ? values : niceValues(low, high, wanted).filter((v) => v > 0);
}

/** Needs 0 < from <= to; anything else gives a linear scale. */
export function logScale(from: number, to: number): Scale {
  if (!(from > 0) || !(to > 0)) return linearScale(from, to);
  const [low, high] = from < to * (1 - 1e-12) ? [from, to] : [from / 1.5, from * 1.5];
  if (!Number.isFinite(high)) return linearScale(from, to);
  const span = Math.log10(high) - Math.log10(low);
  const at = (value: number): number =>
    value > 0 ? (Math.log10(value) - Math.log10(low)) / span : Number.NaN;
  const ticks = (wanted: number): Tick[] =>
    decadeValues(low, high, wanted).map((value) => ({
      at: at(value),
      label: formatNumber(value, 3),
    }));
  return { low, high, log: true, at, ticks };
}

/** One band for each label, the value being its index; ticks name every band. */
export function bandScale(labels: readonly string[]): Scale {
  const size = Math.max(1, labels.length);
  const at = (value: number): number => (value + 0.5) / size;
  const ticks = (): Tick[] =>
    labels.map((label, i) => ({ at: at(i), label: shorten(label, Math.max(4, 28 / size)) }));
  return { low: -0.5, high: size - 0.5, log: false, at, ticks };
}

/** Long labels at the ends of an axis turn inwards instead of out of the picture. */
export function anchorOf({ at, label }: Tick): 'start' | 'middle' | 'end' {
  if (label.length < 5) return 'middle';
  return at > 0.94 ? 'end' : at < 0.03 ? 'start' : 'middle';
}

/** Pixels that a label takes, from where to where; a digit is about 7 wide at 12 px. */
function span(tick: Tick, width: number): [left: number, right: number] {
  const long = tick.label.length * 7;
  const shift = { start: 0, middle: long / 2, end: long }[anchorOf(tick)];
  const left = tick.at * width - shift;
  return [left, left + long];
}

/** Leaves out every tick whose label would touch the one before, on an axis `width` pixels wide. */
export function spaced(ticks: readonly Tick[], width: number): Tick[] {
  let free = Number.NEGATIVE_INFINITY;
  return ticks.filter((tick) => {
    const [left, right] = span(tick, width);
    if (left < free) return false;
    free = right + 6;
    return true;
  });
}

/**
 * As many ticks, up to `most`, as have room for their labels on an axis `width` pixels wide. A
 * label may build on the one before ("Oct 2012", "Nov"), so one is dropped from between only
 * where nothing else fits.
 */
export function fittingTicks(scale: Scale, most: number, width: number): Tick[] {
  const fits = (ticks: readonly Tick[]): boolean => spaced(ticks, width).length === ticks.length;
  for (let wanted = most; wanted >= 2; wanted--) {
    const ticks = scale.ticks(wanted);
    if (ticks.length < Math.min(3, wanted)) break;
    if (fits(ticks)) return ticks;
    const [first, ...rest] = ticks;
    if (rest.length > 0 && rest[0].label.length >= first.label.length && fits(rest)) return rest;
  }
  return spaced(scale.ticks(Math.min(4, most)), width);
}
