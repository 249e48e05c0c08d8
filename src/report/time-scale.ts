/** Dates on an axis, all in UTC: rows of a table have no time zone. */

import { parseTime } from '../data/civil-date.js';
import { type Scale, type Tick, widen } from './scale.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/**
 * Milliseconds since 1970 of a stamp as src/data reads it, month or finer; else NaN. A year alone may be
 * any number.
 */
export function timeOf(text: string): number {
  const time = parseTime(text.trim());
  return time === undefined || time.format === 'year' ? Number.NaN : time.seconds * SECOND;
}

/** Milliseconds of every label, or undefined unless all are dates in ascending order. */
export function parseTimes(labels: readonly string[]): number[] | undefined {
  const times = labels.map(timeOf);
  const ascending = times.every(
    (time, i) => time > (i === 0 ? Number.NEGATIVE_INFINITY : times[i - 1]),
  );
  return ascending && times.length > 1 ? times : undefined;
}

/** What one row of the series is: "day", "hour" ..., or "step" where rows are not regular. */
export function stepName(times: readonly number[] | undefined): string {
  if (times === undefined) return 'step';
  const steps = times.slice(1).map((time, i) => (time - times[i]) / DAY);
  const known: [name: string, low: number, high: number][] = [
    ['minute', 1 / 1440, 1 / 1440],
    ['hour', 1 / 24, 1 / 24],
    ['day', 1, 1],
    ['week', 7, 7],
    ['month', 28, 31],
    ['quarter', 90, 92],
    ['year', 365, 366],
  ];
  const fits = known.find(([, low, high]) =>
    steps.every((step) => step >= low * 0.999 && step <= high * 1.001),
  );
  return fits === undefined ? 'step' : fits[0];
}

type Unit = 'time' | 'day' | 'month' | 'year';
const FIXED = [1, 5, 15, 30]
  .map((n) => n * SECOND)
  .concat([1, 5, 15, 30].map((n) => n * MINUTE))
  .concat([1, 3, 6, 12].map((n) => n * HOUR));

function calendarTicks(low: number, high: number, months: number): number[] {
  const start = new Date(low);
  const first = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months;
  const times: number[] = [];
  for (let month = first; times.length < 60; month += months) {
    const time = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (!(time <= high)) break;
    if (time >= low) times.push(time);
  }
  return times;
}

/** Ticks every 1, 2, 7, 14 days; weeks start on Monday. */
function dayTicks(low: number, high: number, days: number): number[] {
  const mondays = days % 7 === 0 ? 4 * DAY : 0;
  const step = days * DAY;
  const times: number[] = [];
  for (let t = Math.ceil((low - mondays) / step) * step + mondays; t <= high; t += step)
    times.push(t);
  return times;
}

function tickTimes(low: number, high: number, wanted: number): { times: number[]; unit: Unit } {
  const raw = (high - low) / Math.max(1, wanted);
  const fixed = FIXED.find((step) => step >= raw * 0.8);
  if (fixed !== undefined) {
    const times: number[] = [];
    for (let t = Math.ceil(low / fixed) * fixed; t <= high; t += fixed) times.push(t);
    return { times, unit: 'time' };
  }
  const days = [1, 2, 7, 14].find((step) => step * DAY >= raw * 0.8);
  if (days !== undefined) return { times: dayTicks(low, high, days), unit: 'day' };
  const months = [1, 2, 3, 6].find((step) => step * 30.4 * DAY >= raw * 0.8);
  if (months !== undefined) return { times: calendarTicks(low, high, months), unit: 'month' };
  const years = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => n * 365 * DAY >= raw * 0.65);
  return { times: calendarTicks(low, high, 12 * (years ?? 2000)), unit: 'year' };
}

const two = (value: number): string => String(value).padStart(2, '0');

/** The label says no more than is new since the tick before: "Oct 2012", then "Nov". */
function timeLabel(time: number, before: number | undefined, unit: Unit): string {
  const date = new Date(time);
  const last = before === undefined ? undefined : new Date(before);
  const year = date.getUTCFullYear();
  const newYear = last === undefined || last.getUTCFullYear() !== year;
  const month = MONTHS[date.getUTCMonth()];
  if (unit === 'year') return String(year);
  if (unit === 'month') return newYear ? `${month} ${year}` : month;
  const day = `${date.getUTCDate()} ${month}`;
  if (unit === 'day') return newYear ? `${day} ${year}` : day;
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  const seconds = date.getUTCSeconds() === 0 ? '' : `:${two(date.getUTCSeconds())}`;
  const newDay = last === undefined || Math.floor(before! / DAY) !== Math.floor(time / DAY);
  return newDay ? `${day} ${clock}${seconds}` : clock + seconds;
}

/** A scale of milliseconds since 1970. */
export function timeScale(from: number, to: number): Scale {
  const [low, high] = widen(from, to);
  const at = (value: number): number => (value - low) / (high - low);
  const ticks = (wanted: number): Tick[] => {
    const { times, unit } = tickTimes(low, high, wanted);
    return times.map((time, i) => ({ at: at(time), label: timeLabel(time, times[i - 1], unit) }));
  };
  return { low, high, log: false, at, ticks };
}

/** The date of a moment as text, with a clock only where there is one: "Mon 1 Oct 2012". */
export function dateLabel(time: number): string {
  const date = new Date(time);
  const weekday = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ')[date.getUTCDay()];
  const day = `${weekday} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  const clock = time % DAY === 0 ? '' : ` ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return day + clock;
}
