/**
 * Dates of the proleptic Gregorian calendar as whole numbers, with no clock and no time zone:
 * a time stamp is the seconds since 1970-01-01T00:00 on the wall clock that wrote the file.
 * The day counting follows Howard Hinnant, "chrono-compatible low-level date algorithms".
 */

export interface CivilDate {
  readonly year: number;
  /** 1-12 */
  readonly month: number;
  /** 1-31 */
  readonly day: number;
}

export const SECONDS_PER_DAY = 86_400;

/** Days since 1970-01-01. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

export const daysInYear = (year: number): number => (isLeap(year) ? 366 : 365);

export const daysInMonth = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

/** 0 = Monday ... 6 = Sunday. */
export const weekdayOf = (days: number): number => (((days + 3) % 7) + 7) % 7;

/** Whether year, month and day are whole numbers that name a day. */
export const isCivilDate = (year: number, month: number, day: number): boolean =>
  Number.isInteger(year) &&
  Number.isInteger(month) &&
  Number.isInteger(day) &&
  Math.abs(year) <= 9999 &&
  month >= 1 &&
  month <= 12 &&
  day >= 1 &&
  day <= daysInMonth(year, month);

/** What of a time stamp is written: 2014, 2014-12, 2014-12-31, 2014-12-31T23:59[:59]. */
export type TimeFormat = 'year' | 'month' | 'date' | 'minute' | 'second';

/** From coarse to fine. */
export const TIME_FORMATS: readonly TimeFormat[] = ['year', 'month', 'date', 'minute', 'second'];

const STAMP =
  /^(?<year>\d{4})(?:(?<beforeMonth>[-/.])(?<month>\d{1,2})(?:(?<beforeDay>[-/.])(?<day>\d{1,2})(?:(?<beforeHour>[T ])(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?<fraction>[.,]\d+)?)?)?)?)?(?<zone>Z|[+-]\d{2}:?\d{2})?$/;

/** The parts of a time stamp as they are written; `before...` are the characters between them. */
export type StampParts = Readonly<Record<string, string | undefined>>;

/** Undefined when the text is no time stamp. */
export const stampParts = (text: string): StampParts | undefined => STAMP.exec(text)?.groups;

/**
 * Reads an ISO time stamp (also with / or . between the parts); the zone is dropped, fractions
 * of a second too. Undefined when the text is none.
 */
export function parseTime(text: string): { seconds: number; format: TimeFormat } | undefined {
  const parts = stampParts(text);
  if (!parts) return undefined;
  const number = (part: string | undefined) => (part === undefined ? -1 : Number(part));
  const [year, month, day] = [parts.year, parts.month, parts.day].map(number);
  const [hour, minute, second] = [parts.hour, parts.minute, parts.second].map(number);
  if (parts.zone !== undefined && hour < 0) return undefined;
  if (!isCivilDate(year, Math.max(month, month < 0 ? 1 : 0), Math.max(day, day < 0 ? 1 : 0)))
    return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const days = daysFromCivil(year, month < 0 ? 1 : month, day < 0 ? 1 : day);
  const seconds =
    days * SECONDS_PER_DAY +
    Math.max(hour, 0) * 3600 +
    Math.max(minute, 0) * 60 +
    Math.max(second, 0);
  const format =
    month < 0 ? 'year' : day < 0 ? 'month' : hour < 0 ? 'date' : second < 0 ? 'minute' : 'second';
  return { seconds, format };
}

const two = (value: number) => String(value).padStart(2, '0');

/** Writes a time stamp in ISO form. */
export function formatTime(seconds: number, format: TimeFormat): string {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const { year, month, day } = civilFromDays(days);
  const ofDay = seconds - days * SECONDS_PER_DAY;
  const date = [String(year).padStart(4, '0'), two(month), two(day)];
  if (format === 'year') return date[0];
  if (format === 'month') return date.slice(0, 2).join('-');
  if (format === 'date') return date.join('-');
  const clock = [two(Math.floor(ofDay / 3600)), two(Math.floor(ofDay / 60) % 60), two(ofDay % 60)];
  return `${date.join('-')}T${clock.slice(0, format === 'minute' ? 2 : 3).join(':')}`;
}
