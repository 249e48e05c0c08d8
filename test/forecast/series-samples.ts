/** Made-up daily data with a weekly pattern, holidays, a drift and noise. */

import {
  daysFromCivil,
  formatTime,
  SECONDS_PER_DAY,
  weekdayOf,
} from '../../src/data/civil-date.js';
import { Random } from '../../src/random.js';

export function dailyRows(count: number, seed = 1): { date: string; value: number }[] {
  const random = new Random(seed);
  const first = daysFromCivil(2001, 1, 1);
  return Array.from({ length: count }, (_, i) => {
    const date = formatTime((first + i) * SECONDS_PER_DAY, 'date');
    const weekend = weekdayOf(first + i) >= 5 ? -30 : 0;
    const holiday = date.endsWith('-07-04') || date.endsWith('-12-25') ? -40 : 0;
    return { date, value: 200 + weekend + holiday + 0.01 * i + 3 * random.normal() };
  });
}

export const dailyCsv = (count: number, seed = 1): string =>
  `date,value\n${dailyRows(count, seed)
    .map(({ date, value }) => `${date},${value.toFixed(3)}\n`)
    .join('')}`;
