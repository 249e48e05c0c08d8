/** Text from outside (names of columns, files, layers) as it may stand in a message or a terminal. */

/** Control and format characters (bidi marks among them), lone surrogates, line separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = code.toString(16);
  if (SHORT[character]) return SHORT[character];
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

/**
 * The text with all that moves a cursor, colours a terminal, turns the direction of reading or
 * breaks a line written as an escape: `\n`, `\x1b`, `\u202e`. One line, whatever was in it.
 */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped);

/** A name for a message: printable, and at most `most` characters of it. */
export function shortName(name: string, most = 60): string {
  return printable(name.length > most ? `${name.slice(0, most - 3)}...` : name);
}
