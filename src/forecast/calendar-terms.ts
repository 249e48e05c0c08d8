/**
 * What the calendar says about a moment, as named terms with a value: `weekday 0` 1,
 * `day 07-04` 1, `year sin 1` 0.52 ... A calendar profile gives each term a weight.
 */

import {
  civilFromDays,
  daysFromCivil,
  daysInYear,
  SECONDS_PER_DAY,
  weekdayOf,
} from '../data/civil-date.js';
import type { TimeStep } from '../data/time-step.js';
import { scalar } from '../random.js';

export type CalendarTerm = readonly [name: string, value: number];

/** Which groups of terms a series can support, decided by its step and by how long it is. */
export interface CalendarGroups {
  /** Slots of this many seconds within a day, on working days and weekends. */
  readonly slotSeconds?: number;
  readonly weekday: boolean;
  /** Days of the year (also by kind of weekday) and "fourth Thursday of November": holidays. */
  readonly holidays: boolean;
  readonly month: boolean;
  /** Pairs of sine and cosine over the year. */
  readonly harmonics: number;
}

const MOST_SLOTS = 288;
const SECONDS_PER_YEAR = 365.2425 * SECONDS_PER_DAY;

/**
 * The groups of terms worth trying for rows `step` apart over `span` seconds of training data;
 * undefined when the calendar has nothing to say (yearly rows, or less than two periods seen).
 */
export function calendarGroups(
  step: TimeStep | undefined,
  span: number,
): CalendarGroups | undefined {
  if (!step) return undefined;
  const years = span / SECONDS_PER_YEAR;
  const none = { weekday: false, holidays: false, month: false, harmonics: 0 };
  if (step.unit === 'month') {
    return step.count < 12 && years >= 2 ? { ...none, month: true } : undefined;
  }
  const weeks = span / (7 * SECONDS_PER_DAY);
  const harmonics = years >= 2 ? 3 : 0;
  if (step.count < SECONDS_PER_DAY) {
    if (weeks < 2) return undefined;
    const slots = SECONDS_PER_DAY / step.count;
    const slotSeconds = Number.isInteger(slots) && slots <= MOST_SLOTS ? step.count : 3600;
    return { ...none, slotSeconds, weekday: true, harmonics };
  }
  if (step.count === SECONDS_PER_DAY) {
    return weeks >= 4 ? { ...none, weekday: true, holidays: years >= 3, harmonics } : undefined;
  }
  return harmonics > 0 && years * 4 >= step.count / (7 * SECONDS_PER_DAY)
    ? { ...none, harmonics }
    : undefined;
}

/** Monday follows a weekend and takes over its holidays; the rest of the week behaves alike. */
const kindOfWeekday = (weekday: number) => (weekday === 0 ? 'Mon' : weekday >= 5 ? 'end' : 'mid');

/** The terms of one moment, in a fixed order. */
export function calendarTerms(seconds: number, groups: CalendarGroups): CalendarTerm[] {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const { year, month, day } = civilFromDays(days);
  const weekday = weekdayOf(days);
  const terms: CalendarTerm[] = [];
  if (groups.weekday) terms.push([`weekday ${weekday}`, 1]);
  if (groups.slotSeconds) {
    const slot = Math.floor((seconds - days * SECONDS_PER_DAY) / groups.slotSeconds);
    terms.push([`slot ${slot}`, 1], [`slot ${slot} ${weekday >= 5 ? 'end' : 'mid'}`, 1]);
  }
  if (groups.month) terms.push([`month ${month}`, 1]);
  if (groups.holidays) {
    const date = `${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
    terms.push([`day ${date}`, 1], [`day ${date} ${kindOfWeekday(weekday)}`, 1]);
    terms.push([`month ${month} weekday ${weekday} no ${Math.floor((day - 1) / 7) + 1}`, 1]);
  }
  const turn =
    (2 * Math.PI * (seconds / SECONDS_PER_DAY - daysFromCivil(year, 1, 1))) / daysInYear(year);
  for (let k = 1; k <= groups.harmonics; k++) {
    terms.push([`year sin ${k}`, scalar.sin(turn * k)], [`year cos ${k}`, scalar.cos(turn * k)]);
  }
  return terms;
}
