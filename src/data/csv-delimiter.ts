/** Which character separates the cells of a CSV file. */

const DELIMITERS = [',', ';', '\t', '|'];
const QUOTE = '"';

/**
 * The delimiter that splits the first line into most cells, quoted text aside; a comma when none does.
 * @param text begins with the first line that is not blank
 */
export function guessDelimiter(text: string): string {
  const counts = DELIMITERS.map(() => 0);
  let quoted = false;
  for (const character of text) {
    if (character === QUOTE) quoted = !quoted;
    else if (!quoted) {
      if (character === '\n' || character === '\r') break;
      const which = DELIMITERS.indexOf(character);
      if (which >= 0) counts[which]++;
    }
  }
  return DELIMITERS[Math.max(0, counts.indexOf(Math.max(...counts)))];
}

/** Whether the first line ends within the text, quoted line ends aside. */
export function holdsWholeLine(text: string): boolean {
  let quoted = false;
  for (const character of text) {
    if (character === QUOTE) quoted = !quoted;
    else if (!quoted && (character === '\n' || character === '\r')) return true;
  }
  return false;
}
