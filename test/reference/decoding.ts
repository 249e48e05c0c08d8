// Decoding in float64, by asking for the distribution after each prefix anew: log p of the next token.

export type Next = (prefix: readonly number[]) => readonly number[];

export interface Found {
  tokens: number[];
  ended: boolean;
  score: number;
}

const penalty = (length: number, alpha: number) => ((5 + length) / 6) ** alpha;

/** Every sequence that ends within maxLength tokens, or is cut off there; the best first. */
export function every(next: Next, end: number, maxLength: number, alpha: number): Found[] {
  const found: Found[] = [];
  const grow = (tokens: readonly number[], sum: number) => {
    next(tokens).forEach((log, token) => {
      const all = [...tokens, token];
      const score = (sum + log) / penalty(all.length, alpha);
      if (token === end) found.push({ tokens: [...tokens], ended: true, score });
      else if (all.length === maxLength) found.push({ tokens: all, ended: false, score });
      else grow(all, sum + log);
    });
  };
  grow([], 0);
  return found.sort((a, b) => b.score - a.score);
}

/** Beam search without an early end: what ends counts where it is among the first `width` of its step. */
export function beams(
  next: Next,
  end: number,
  maxLength: number,
  alpha: number,
  width: number,
): Found[] {
  const found: Found[] = [];
  let live = [{ tokens: [] as number[], sum: 0 }];
  for (let t = 0; t < maxLength; t++) {
    const all = live
      .flatMap(({ tokens, sum }) =>
        next(tokens).map((log, token) => ({ tokens: [...tokens, token], sum: sum + log })),
      )
      .sort((a, b) => b.sum - a.sum);
    const ends = (one: { tokens: number[] }) => one.tokens.at(-1) === end;
    for (const one of all.slice(0, width).filter(ends)) {
      const score = one.sum / penalty(one.tokens.length, alpha);
      found.push({ tokens: one.tokens.slice(0, -1), ended: true, score });
    }
    live = all.filter((one) => !ends(one)).slice(0, width);
  }
  for (const { tokens, sum } of live) {
    found.push({ tokens, ended: false, score: sum / penalty(maxLength, alpha) });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, width);
}
