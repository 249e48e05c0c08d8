/** Which of the known names a mistyped one was meant to be. */

import { shortName } from '../printable.js';

/** Edits (insert, delete, replace, swap neighbours) between two words. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      current[j] = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) current[j] = Math.min(current[j], before[j - 2] + 1);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length];
}

/** The known name nearest to `name`, regardless of case; undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const longest = Math.max(wanted.length, candidate.length);
    const allowed = Math.max(1, Math.floor(longest / 3));
    // Nobody mistypes a name of a hundred letters, and the distance of many such takes for ever.
    if (longest > 100 || Math.abs(wanted.length - candidate.length) > allowed) continue;
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance <= allowed && distance < least) [best, least] = [candidate, distance];
  }
  const longer = (candidate: string) => candidate.toLowerCase().startsWith(wanted);
  return best ?? (wanted.length >= 3 ? known.find(longer) : undefined);
}

/** `; did you mean "births"?`, or nothing: to be put behind an error. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? '' : `; did you mean "${shortName(near)}"?`;
}
