// Beam search over one source: which hypotheses go on, which have ended, and when it is over.
import { scalar } from '../random.js';

/** A sequence of tokens that a model says. */
export interface Hypothesis {
  /** Without the start and the end. */
  readonly tokens: number[];
  /** Whether the end was said; false: maxLength came first. */
  readonly ended: boolean;
  /** Of all its tokens, the end too: the sum of log p. */
  readonly logProbability: number;
  /** What beams are ranked by: logProbability over the length penalty. */
  readonly score: number;
}

/** The last token of a hypothesis, and what came before it: a step costs the same however much was said. */
interface Link {
  readonly token: number;
  readonly before: Link | undefined;
}

/** One that goes on. */
interface Live {
  /** undefined: nothing was said. */
  readonly last: Link | undefined;
  readonly logProbability: number;
  /** The row of the source that it comes from: its parent, after a step. */
  readonly row: number;
}

interface Candidate {
  readonly parent: Live;
  readonly token: number;
  readonly logProbability: number;
}

/** lp(Y) = ((5 + |Y|) / 6)^alpha (Wu et al. 2016, arXiv 1609.08144, equation 14); |Y| counts the end too. */
export const lengthPenalty = (length: number, alpha: number): number =>
  alpha === 0 ? 1 : scalar.pow((5 + length) / 6, alpha);

function tokensOf(last: Link | undefined): number[] {
  const tokens: number[] = [];
  for (let link = last; link; link = link.before) tokens.push(link.token);
  return tokens.reverse();
}

export class BeamSearch {
  readonly #width: number;
  readonly #alpha: number;
  readonly #maxLength: number;
  readonly #end: number;
  #live: readonly Live[] = [{ last: undefined, logProbability: 0, row: 0 }];
  /** The best ones first, `width` at most. */
  #ended: Hypothesis[] = [];

  constructor(width: number, alpha: number, maxLength: number, end: number) {
    this.#width = width;
    this.#alpha = alpha;
    this.#maxLength = maxLength;
    this.#end = end;
  }

  /** The hypotheses that go on, `width` at most: each has its place among the rows of the source. */
  get live(): readonly Live[] {
    return this.#live;
  }

  /** One step. @param logs of each live hypothesis, [vocabulary] */
  advance(logs: readonly Float64Array[]): void {
    // of each live one at most one candidate ends
    const ranked = this.#best(logs, this.#width + this.#live.length);
    const next: Live[] = [];
    ranked.forEach(({ parent, token, logProbability }, rank) => {
      if (token === this.#end) {
        if (rank < this.#width) this.#keep(tokensOf(parent.last), true, logProbability);
      } else if (next.length < this.#width) {
        next.push({
          last: { token, before: parent.last },
          logProbability,
          row: this.#live.indexOf(parent),
        });
      }
    });
    this.#live = next;
    if (this.#decided) this.#live = [];
  }

  /** The best candidates first; those that tie in the order of their parents and tokens. */
  #best(logs: readonly Float64Array[], count: number): Candidate[] {
    const kept: Candidate[] = [];
    this.#live.forEach((parent, i) => {
      logs[i].forEach((log, token) => {
        const logProbability = parent.logProbability + log;
        if (!(logProbability > Number.NEGATIVE_INFINITY)) return;
        if (kept.length === count && !(logProbability > kept[count - 1].logProbability)) return;
        let at = kept.length;
        while (at > 0 && logProbability > kept[at - 1].logProbability) at--;
        kept.splice(at, 0, { parent, token, logProbability });
        if (kept.length > count) kept.pop();
      });
    });
    return kept;
  }

  #keep(tokens: number[], ended: boolean, logProbability: number): void {
    const length = tokens.length + (ended ? 1 : 0);
    const score = logProbability / lengthPenalty(length, this.#alpha);
    let at = this.#ended.length;
    while (at > 0 && score > this.#ended[at - 1].score) at--;
    this.#ended.splice(at, 0, { tokens, ended, logProbability, score });
    this.#ended = this.#ended.slice(0, this.#width);
  }

  /** No live one can come before those that have ended: log p only falls, and the penalty is at most that of maxLength. */
  get #decided(): boolean {
    if (this.#ended.length < this.#width) return false;
    const most = lengthPenalty(this.#maxLength, this.#alpha);
    const worst = this.#ended[this.#width - 1].score;
    return this.#live.every(({ logProbability }) => logProbability / most <= worst);
  }

  /** The best ones, best first: those that have ended, and those that maxLength has cut off. */
  results(): readonly Hypothesis[] {
    for (const { last, logProbability } of this.#live)
      this.#keep(tokensOf(last), false, logProbability);
    this.#live = [];
    return this.#ended;
  }
}
