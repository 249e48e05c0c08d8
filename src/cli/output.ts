/**
 * What the program says on its two streams. Text for people passes through `printable`, whatever
 * names it holds; results for programs keep every character, escaped where the format has escapes.
 */

import { printable } from '../printable.js';

/** Longer lines tell nobody anything; names in them are cut before. */
const LONGEST = 4000;

const line = (text: string): string => {
  const shown = printable(text);
  return `${shown.length > LONGEST ? `${shown.slice(0, LONGEST - 3)}...` : shown}\n`;
};

/** A line each on standard output. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(lines.map(line).join(''));
}

/** A line each on standard error. */
export function tell(...lines: readonly string[]): void {
  process.stderr.write(lines.map(line).join(''));
}

/** An object as one line of standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${escapedJson(value)}\n`);
}

/** JSON that moves no cursor: what JSON allows as it stands and a terminal obeys is escaped. */
export function escapedJson(value: unknown): string {
  const unit = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => unit(character.charCodeAt(i))).join(''),
  );
}

/** Lines of a result: every character as it is in a file or a pipe, escaped in a terminal. */
export function printResult(text: string, stream: NodeJS.WriteStream = process.stdout): void {
  stream.write(stream.isTTY ? text.split('\n').map(printable).join('\n') : text);
}

/**
 * Whoever reads along may go away (`sluice ... | head`, a closed terminal): nothing is said any
 * more, and the work goes on. Any other failure of standard output is a result that was lost.
 * @returns the exit code that standard output asks for: 1 where a result was lost, else 0
 */
export function outliveReaders(): () => number {
  let code = 0;
  const gone = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'];
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (gone.includes(error.code ?? '') || code !== 0) return;
    code = 1;
    process.exitCode = 1;
    tell(`error: standard output: ${error.message}`);
  });
  return () => code;
}
