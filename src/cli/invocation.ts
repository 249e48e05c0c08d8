/** How the program was called, so that it can say what to type next. */

import { basename, relative } from 'node:path';

/** A word for a POSIX shell. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

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
