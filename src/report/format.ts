/** Numbers, durations and labels as people read them; no locale, so the same text everywhere. */

export const MINUS = '\u2212';

/** Between a number and its unit: no line may break there. */
export const NBSP = '\u00A0';

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function scientific(size: number, significant: number): string {
  const [mantissa, exponent] = size.toExponential(significant - 1).split('e');
  return `${trimZeros(mantissa)}e${exponent.replace('+', '')}`;
}

/**
 * A number to `significant` digits (default 4), integers below 10 million in full, commas
 * between thousands, e-notation below 1e-4 and from 1e7 up: "11,363", "0.0123", "1.2e-5".
 */
export function formatNumber(value: number | null | undefined, significant = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? 'infinite' : `${MINUS}infinite`;
  if (value === 0) return '0';
  const sign = value < 0 ? MINUS : '';
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return sign + scientific(size, significant);
  if (Number.isInteger(size)) return sign + groupThousands(String(size));
  const before = Math.max(1, Math.floor(Math.log10(size)) + 1);
  if (before >= significant) return sign + groupThousands(size.toFixed(0));
  return sign + trimDecimals(size, significant);
}

function trimDecimals(size: number, significant: number): string {
  const rounded = Number(size.toPrecision(significant));
  const exponent = Math.floor(Math.log10(rounded));
  const decimals = Math.min(20, Math.max(0, significant - 1 - exponent));
  const [whole, part] = trimZeros(rounded.toFixed(decimals)).split('.');
  return part === undefined ? groupThousands(whole) : `${groupThousands(whole)}.${part}`;
}

/** A number with a fixed count of decimals, for columns that must line up. */
export function formatFixed(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return formatNumber(value);
  if (Math.abs(value) >= 1e12) return formatNumber(value);
  const [whole, part] = Math.abs(value).toFixed(decimals).split('.');
  const text = part === undefined ? groupThousands(whole) : `${groupThousands(whole)}.${part}`;
  return value < 0 && Number(text.replaceAll(',', '')) !== 0 ? MINUS + text : text;
}

/** How many decimals show `significant` digits of the largest of the values, 0 to 8. */
export function decimalsFor(values: readonly number[], significant = 4): number {
  const sizes = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  if (sizes.length === 0) return 0;
  const exponent = Math.floor(Math.log10(Math.max(...sizes)));
  return Math.min(8, Math.max(0, significant - 1 - exponent));
}

/** Seconds as "0.8 s", "42 s", "3 min 05 s", "2 h 04 min", "3 d 04 h". */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) {
    return 'unknown';
  }
  if (seconds < 9.95) return `${seconds.toFixed(1)}${NBSP}s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  if (whole < 60) return `${whole}${NBSP}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${NBSP}min ${two(whole % 60)}${NBSP}s`;
  if (whole < 86_400)
    return `${Math.floor(whole / 3600)}${NBSP}h ${two((whole % 3600) / 60)}${NBSP}min`;
  return `${Math.floor(whole / 86_400)}${NBSP}d ${two((whole % 86_400) / 3600)}${NBSP}h`;
}

/** A parameter's value: numbers to four digits, everything else as text. */
export function formatParam(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return value;
  return value === undefined ? '' : (JSON.stringify(value) ?? String(value));
}

/** "1 trial", "12 trials". */
export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(amount)} ${amount === 1 ? noun : plural}`;
}

/** The text cut to `length` characters (code points), with an ellipsis where something is gone. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}\u2026`;
}
