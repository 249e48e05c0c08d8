/** How the program was called, so that it can say what to type next. */

import { basename, relative } from 'node:path';
import { printable } from '../printable.js';

/** A word for a POSIX shell; one with control characters as `$'...'`, for it must not be printed as it is. */
export function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (printable(word) === word) return `'${word.replaceAll("'", "'\\''")}'`;
  // Each part is escaped by itself: `\u{...}` of JavaScript is none of the shell's.
  const escapes = Array.from(word, (character) => {
    if (/['\\]/.test(character)) return `\\${character}`;
    if (printable(character) === character) return character;
    const code = character.codePointAt(0)!;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `$'${escapes.join('')}'`;
}

/** `sluice`, `npx sluice` or `node build/cli.js`, as it was started. */
function programName(script = process.argv[1] ?? 'sluice'): string {
  if (basename(script) === 'cli.js') {
    const near = relative(process.cwd(), script);
    return `node ${quoted(near === '' || near.startsWith('..') ? script : near)}`;
  }
  return /node_modules[/\\]\.bin/.test(script) ? 'npx sluice' : 'sluice';
}

/** The whole command line as it would be typed, with `more` words that are not there yet. */
export function commandLine(argv: readonly string[], more: readonly string[] = []): string {
  const words = [...argv, ...more.filter((word) => !argv.includes(word))];
  return [programName(), ...words.map(quoted)].join(' ');
}
