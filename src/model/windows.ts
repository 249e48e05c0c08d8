// Truncated backpropagation through time: sequences in windows, an update after each, states carried from one to the next.
import { SluiceError } from '../errors.js';
import { isPlainObject, shown } from '../options.js';
import { integerRule, type Rules, settle } from '../rules.js';
import type { Batch, Window } from './batches.js';
import type { Feed, Ordering, Round } from './feed.js';
import { isThenable } from './interruption.js';
import type { Network } from './network.js';

/** Truncated backpropagation through time, of fit and fitDataset: see docs/long-sequences.md. */
export interface Truncation {
  /** Time steps from one update to the next, k1: an integer from 1. Required. */
  every: number;
  /** Time steps that gradients go back, k2: an integer from `every`. Default `every`. */
  back?: number | undefined;
}

const rules = {
  every: { ...integerRule(1), required: true },
  back: integerRule(1),
} satisfies Rules<Truncation>;

/** The option of fit. */
export const truncateRule = {
  expected:
    'an object { every, back }, time steps from update to update and those that gradients go back',
  holds: isPlainObject,
  kept: (given: unknown, subject: string): Required<Truncation> => {
    const { every, back = every } = settle(subject, given as Truncation, rules);
    if (back >= every) return { every, back };
    throw new SluiceError(
      'bad-option',
      `${subject}: back must be at least every, ${shown(every)} steps, for what lies between would be lost, but is ${shown(back)}`,
    );
  },
};

/** The windows of sequences of so many steps. */
export function* windowsOf(all: number, { every, back = every }: Truncation): Generator<Window> {
  const history = back - every;
  let from = 0;
  for (let begin = 0; begin < all; begin += every) {
    const end = Math.min(begin + every, all);
    const next = Math.max(from, end - history);
    const scored = end - begin;
    yield { from, steps: end - from, scored, advance: next - from, share: scored / all };
    from = next;
  }
}

/** Batches window by window. */
export class WindowFeed implements Feed {
  readonly batches: number | undefined;
  readonly restarts: boolean;
  readonly #feed: Feed;
  readonly #all: number;
  readonly #truncation: Truncation;

  /** @param all time steps of the sequences */
  constructor(feed: Feed, all: number, truncation: Truncation) {
    this.#feed = feed;
    this.#all = all;
    this.#truncation = truncation;
    this.restarts = feed.restarts;
    const windows = Math.ceil(all / truncation.every);
    this.batches = feed.batches === undefined ? undefined : feed.batches * windows;
  }

  round(ordering: Ordering): Round | PromiseLike<Round> {
    const begun = this.#feed.round(ordering);
    return isThenable(begun) ? begun.then((round) => this.#windowed(round)) : this.#windowed(begun);
  }

  #windowed(round: Round): Round {
    let batch: Batch | undefined;
    let windows: Iterator<Window> | undefined;
    const begin = (next: Batch | undefined): Batch | undefined => {
      if (!next) return undefined;
      batch = next;
      windows = windowsOf(this.#all, this.#truncation);
      return { ...next, window: windows.next().value as Window };
    };
    return {
      next: () => {
        const window = windows?.next();
        if (batch && window && !window.done) return { ...batch, window: window.value };
        const next = round.next();
        return isThenable(next) ? next.then(begin) : begin(next);
      },
      close: () => round.close(),
    };
  }

  hold(): void {
    this.#feed.hold();
  }
}

/** @throws SluiceError 'bad-option' for a model that cannot be run in windows */
export function checkWindows(
  subject: string,
  network: Network,
  stateful: string | undefined,
): void {
  const refuse = (why: string) => {
    throw new SluiceError('bad-option', `${subject}: truncate ${why}`);
  };
  if (stateful !== undefined) {
    refuse(
      `begins each sequence at zero, but layer ${stateful} is stateful and goes on from batch to batch; leave one of them out`,
    );
  }
  const whole = network.nodes.find(({ wholeSequences }) => wholeSequences);
  if (whole) {
    refuse(
      `takes sequences in windows, but layer ${whole.name} (${whole.className}) looks at the whole sequence; leave truncate out`,
    );
  }
  if (!network.streams) {
    refuse(
      'takes sequences in windows, which needs inputs with a time axis, all of the same number of steps, and no layer that mixes ' +
        'them with values without one; leave truncate out',
    );
  }
  const last = network.heads.find(({ port }) => !port.sequence);
  if (last) {
    refuse(
      `updates after each window, but output '${last.name}' comes once a sequence; give its layers returnSequences: true, or leave truncate out`,
    );
  }
}
