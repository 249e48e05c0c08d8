/** Text brought to a width in columns of a terminal: Chinese letters and emoji take two. */
import stringWidth from 'string-width';

export const columnsOf = (text: string): number => stringWidth(text);

export const padEnd = (text: string, columns: number): string => text + missing(text, columns);

export const padStart = (text: string, columns: number): string => missing(text, columns) + text;

const missing = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - stringWidth(text)));
