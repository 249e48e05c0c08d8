/** Numbers and times as text, for terminal lines. */

import { shortName } from '../printable.js';
import { formatNumber } from '../report/format.js';

/** A number as the report writes it, with a minus that every terminal has. */
export const figure = (value: number): string => formatNumber(value).replace('\u2212', '-');

/** `42s`, `1m 05s`, `2h 03m`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor(whole / 60) % 60)}m`;
}

/** `[####----]`, `width` characters in all. */
export function bar(share: number, width: number): string {
  const inside = Math.max(1, width - 2);
  const full = Math.round(Math.min(1, Math.max(0, share)) * inside);
  return `[${'#'.repeat(full)}${'-'.repeat(inside - full)}]`;
}

const SHORT: Record<string, string> = {
  units: 'units',
  layers: 'layers',
  dropout: 'dropout',
  learningRate: 'rate',
  sgdLearningRate: 'rate',
  batchSize: 'batch',
};

/** `units 64, layers 2, dropout 0.31, adam, rate 0.00345, batch 32`. */
export function describeParams(params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params)
    .map(([name, value]) => {
      const shown =
        typeof value === 'number' ? String(Number(value.toPrecision(3))) : shortName(String(value));
      return name === 'optimizer' ? shown : `${SHORT[name] ?? shortName(name)} ${shown}`;
    })
    .join(', ');
}
