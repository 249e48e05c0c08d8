/** What a stream can show: colours, width, lines that are drawn again. */

import { printable } from '../printable.js';
import { columnsOf } from '../report/padding.js';

export interface Screen {
  /** As it is: for what draws. What only says something goes through `say`. */
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
  /** Whether lines can be drawn again. */
  readonly live: boolean;
  readonly colors: boolean;
}

type Stream = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows' | 'isTTY'>;

/** NO_COLOR (no-color.org) and TERM=dumb are respected. */
export function screenOf(stream: Stream, env: NodeJS.ProcessEnv = process.env): Screen {
  const live = stream.isTTY === true && env.TERM !== 'dumb' && !env.CI;
  return {
    write: (text) => void stream.write(text),
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
    live,
    colors: live && !env.NO_COLOR,
  };
}

/** A line of text, whatever is in the names that it holds. */
export const say = (screen: Pick<Screen, 'write'>, text: string): void =>
  screen.write(`${printable(text)}\n`);

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  green: [32, 39],
  cyan: [36, 39],
  yellow: [33, 39],
} as const;
export type Style = keyof typeof STYLES;

export const styled = (text: string, style: Style, colors: boolean): string =>
  colors ? `\u001b[${STYLES[style][0]}m${text}\u001b[${STYLES[style][1]}m` : text;

/** What a terminal shows as one: an emoji of several code points, a letter with its accents. */
const segmenter = new Intl.Segmenter();

/**
 * Cuts to `width` columns; escape sequences take none, Chinese letters and emoji two. One that has no room
 * whole ends the text before it.
 */
export function cut(text: string, width: number): string {
  let room = width;
  let out = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  for (const part of text.split(/(\u001b\[[\d;]*m)/)) {
    if (part.startsWith('\u001b')) out += part;
    else if (room > 0) {
      const kept = cutPlain(part, room);
      out += kept;
      room = kept === part ? room - columnsOf(part) : 0;
    }
  }
  return out;
}

function cutPlain(text: string, room: number): string {
  if (columnsOf(text) <= room) return text;
  let shown = 0;
  let out = '';
  for (const { segment } of segmenter.segment(text)) {
    shown += columnsOf(segment);
    if (shown > room) break;
    out += segment;
  }
  return out;
}

/** Lines that are drawn over themselves. The cursor is hidden meanwhile. */
export class LiveLines {
  readonly #screen: Screen;
  #drawn = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#screen;
    const fitting = lines.slice(0, Math.max(1, rows - 1)).map((line) => cut(line, columns - 1));
    const back = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '\u001b[?25l';
    const body = fitting.map((line) => `\r\u001b[2K${line}\n`).join('');
    this.#screen.write(`${back}${body}\u001b[0J`);
    this.#drawn = fitting.length;
  }

  /** Takes the lines away. */
  clear(): void {
    if (this.#drawn > 0) this.#screen.write(`\u001b[${this.#drawn}A\r\u001b[0J\u001b[?25h`);
    this.#drawn = 0;
  }
}
