/** Help texts, made from the tables of options. */

import { type Command, HELP, type Option } from './options.js';

/** Help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'sluice: train and tune LSTM forecasts of a CSV file',
    '',
    'usage: sluice <command> [options]',
    '',
    'commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'options:',
    '  -h, --help     show this help; sluice <command> --help shows that of a command',
    '  -V, --version  show the version',
    '',
    'example:',
    '  sluice tune births.csv --target births',
    '',
  ].join('\n');
}

/** Help of one command, wrapped to the width of the terminal. */
export function commandHelp(command: Command, columns = 80): string {
  const { name, summary, positionals, options, notes = [] } = command;
  const needed = options.filter((option) => option.required).map((option) => ` ${label(option)}`);
  const rows = [...options, HELP].map((option) => [label(option), option.help] as const);
  const left = Math.max(...rows.map(([text]) => text.length)) + 4;
  const lines = rows.flatMap(([text, help]) => {
    const wrapped = wrap(help, Math.max(24, Math.min(columns, 100) - left - 1));
    return wrapped.map((part, i) => `${(i === 0 ? `  ${text}` : '').padEnd(left)}${part}`);
  });
  return [
    `sluice ${name}: ${summary}`,
    '',
    `usage: sluice ${name} ${positionals.map((one) => `<${one}>`).join(' ')}${needed.join('')} [options]`,
    '',
    ...lines,
    ...(notes.length > 0
      ? ['', ...notes.flatMap((note) => wrap(note, Math.min(columns, 100) - 1))]
      : []),
    '',
  ].join('\n');
}

function label({ name, short, kind, value }: Option): string {
  return `${short ? `-${short}, ` : ''}--${name}${kind === 'flag' ? '' : ` <${value}>`}`;
}

/** Lines of at most `width` characters, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
