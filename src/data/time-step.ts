/** The usual distance between two rows, and the time stamps that come after the last one. */

import { civilFromDays, daysFromCivil, daysInMonth, SECONDS_PER_DAY } from './civil-date.js';

/** `count` seconds, or `count` calendar months (a year is 12). */
export interface TimeStep {
  readonly unit: 'second' | 'month';
  readonly count: number;
}

const monthIndex = (seconds: number) => {
  const { year, month, day } = civilFromDays(Math.floor(seconds / SECONDS_PER_DAY));
  return { index: year * 12 + month - 1, day };
};

/**
 * The most frequent distance between neighbouring rows in time order; of two equally frequent
 * ones the shorter. Monthly and yearly data step by months, everything else by seconds.
 */
export function findTimeStep(times: ArrayLike<number>): TimeStep | undefined {
  const calendar = stepInMonths(times);
  if (calendar) return calendar;
  const counts = new Map<number, number>();
  for (let i = 1; i < times.length; i++) {
    const distance = times[i] - times[i - 1];
    if (distance > 0) counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return best && { unit: 'second', count: best[0] };
}

/** Months as the step: every row on the first (or the last) day of a month at midnight. */
function stepInMonths(times: ArrayLike<number>): TimeStep | undefined {
  const counts = new Map<number, number>();
  for (let i = 0; i < times.length; i++) {
    if (times[i] % SECONDS_PER_DAY !== 0) return undefined;
    const { year, month, day } = civilFromDays(times[i] / SECONDS_PER_DAY);
    if (day !== 1 && day !== daysInMonth(year, month)) return undefined;
    if (i === 0) continue;
    const distance = monthIndex(times[i]).index - monthIndex(times[i - 1]).index;
    if (distance > 0) counts.set(distance, (counts.get(distance) ?? 0) + 1);
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return best && { unit: 'month', count: best[0] };
}

/** The time stamp `steps` after `seconds`; month ends stay month ends. */
export function addSteps(seconds: number, step: TimeStep, steps: number): number {
  if (step.unit === 'second') return seconds + step.count * steps;
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const { year, month, day } = civilFromDays(days);
  const index = year * 12 + month - 1 + step.count * steps;
  const [toYear, toMonth] = [Math.floor(index / 12), (index % 12) + 1];
  const last = daysInMonth(toYear, toMonth);
  const toDay = day === daysInMonth(year, month) ? last : Math.min(day, last);
  return (
    daysFromCivil(toYear, toMonth, toDay) * SECONDS_PER_DAY + (seconds - days * SECONDS_PER_DAY)
  );
}

/** Rows in a natural season: 24 for hourly data, 7 for daily, 12 for monthly; undefined for the rest. */
export function naturalSeason(step: TimeStep | undefined): number | undefined {
  if (!step) return undefined;
  if (step.unit === 'month')
    return 12 % step.count === 0 && step.count < 12 ? 12 / step.count : undefined;
  if (step.count === SECONDS_PER_DAY) return 7;
  const perDay = SECONDS_PER_DAY / step.count;
  return Number.isInteger(perDay) && perDay > 1 ? perDay : undefined;
}

/** "day", "hour", "15 minutes", "month": for people. */
export function describeStep(step: TimeStep): string {
  const units: [number, string][] = [
    [7 * SECONDS_PER_DAY, 'week'],
    [SECONDS_PER_DAY, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  const [size, name] =
    step.unit === 'month'
      ? step.count % 12 === 0
        ? ([12, 'year'] as const)
        : ([1, 'month'] as const)
      : (units.find(([unit]) => step.count % unit === 0) ?? units[4]);
  const many = step.count / size;
  return many === 1 ? name : `${many} ${name}s`;
}
