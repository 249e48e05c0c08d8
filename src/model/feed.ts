// Where a pass over all samples takes its batches from: data that are there, or a stream that
// brings one batch after the other.
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import type { Batch, Batches } from './batches.js';
import { isThenable } from './interruption.js';

/** An order of samples; undefined: as they stand. */
export type Order = Uint32Array | undefined;

/** The order of n samples; that of very many takes a while. */
export type Ordering = (count: number) => Order | PromiseLike<Order>;

/** One pass over all samples. */
export interface Round {
  /** The next batch, or undefined after the last. It may be the same object each time. */
  next(): Batch | undefined | PromiseLike<Batch | undefined>;
  /** To be called when the round is over, wherever it ends: lets go of what it still holds open. */
  close(): void | Promise<void>;
}

export interface Feed {
  /** Batches of a round; undefined where nobody knows. */
  readonly batches: number | undefined;
  /** Whether a round may begin anew before it has ended: a stream may bring other batches then. */
  readonly restarts: boolean;
  /** A promise where the order of the samples takes a while, and rejects as it does. */
  round(ordering: Ordering): Round | PromiseLike<Round>;
  /** To be called before the thread is given away: nobody else may change the data then. */
  hold(): void;
}

const asTheyStand: Ordering = () => undefined;

/** Batches of batchSize samples; the last one of a round may be smaller. */
export class BatchFeed implements Feed {
  readonly batches: number;
  readonly restarts = true;
  readonly #batchSize: number;
  readonly #batch: Batch;

  constructor(data: Batches, batchSize: number) {
    this.batches = Math.ceil(data.count / batchSize);
    this.#batchSize = batchSize;
    this.#batch = { data, order: undefined, from: 0, B: 0 };
  }

  round(ordering: Ordering = asTheyStand): Round | PromiseLike<Round> {
    const order = ordering(this.#batch.data.count);
    return isThenable(order) ? order.then((known) => this.#begin(known)) : this.#begin(order);
  }

  #begin(order: Order): Round {
    const batch = this.#batch;
    const { count } = batch.data;
    batch.order = order;
    batch.from = 0;
    batch.B = 0;
    return {
      next: () => {
        batch.from += batch.B;
        if (batch.from >= count) return undefined;
        batch.B = Math.min(this.#batchSize, count - batch.from);
        return batch;
      },
      close: () => undefined,
    };
  }

  hold(): void {
    this.#batch.data = this.#batch.data.held();
  }
}

/** What can be gone through, again and again: an array of batches, or what a stream is read by. */
export type Stream = Iterable<unknown> | AsyncIterable<unknown>;

export const isStream = (value: unknown): value is Stream =>
  typeof (value as Partial<AsyncIterable<unknown>> | null)?.[Symbol.asyncIterator] === 'function' ||
  (typeof value === 'object' &&
    typeof (value as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] === 'function');

function begin(subject: string, stream: Stream): Iterator<unknown> | AsyncIterator<unknown> {
  const [begins, iterator] =
    Symbol.asyncIterator in stream
      ? ['[Symbol.asyncIterator]()', stream[Symbol.asyncIterator]()]
      : ['[Symbol.iterator]()', stream[Symbol.iterator]()];
  if (typeof iterator?.next === 'function') return iterator;
  throw new SluiceError(
    'bad-option',
    `${subject}: ${begins} must give an iterator, an object with next(), but gave ${shown(iterator)}`,
  );
}

/** Each item of the stream is a batch. */
export class StreamFeed implements Feed {
  readonly batches = undefined;
  readonly restarts = false;
  readonly #subject: string;
  readonly #stream: Stream;
  readonly #check: (item: unknown, index: number) => Batches;

  /** @param check makes batches of an item, or throws. */
  constructor(subject: string, stream: Stream, check: (item: unknown, index: number) => Batches) {
    this.#subject = subject;
    this.#stream = stream;
    this.#check = check;
  }

  round(): Round {
    const iterator = begin(this.#subject, this.#stream);
    let index = 0;
    // as `for await` has it: who has said that it is done, has failed, or has answered with what is no
    // result, is not asked to return
    let state: 'open' | 'asked' | 'over' = 'open';
    const ask = async (): Promise<unknown> => {
      state = 'asked';
      try {
        return await iterator.next();
      } catch (error) {
        state = 'over';
        throw error;
      }
    };
    return {
      next: async () => {
        const result = await ask();
        if (typeof result !== 'object' || result === null) {
          state = 'over';
          throw new SluiceError(
            'bad-option',
            `${this.#subject}: next() must give { value, done }, but gave ${shown(result)}`,
          );
        }
        const { done, value } = result as IteratorResult<unknown>;
        state = done ? 'over' : 'open';
        if (done) {
          if (index === 0) this.#refuseEmpty();
          return undefined;
        }
        const data = this.#check(await value, index++);
        return { data, order: undefined, from: 0, B: data.count };
      },
      close: async () => {
        if (state === 'over') return;
        const asked = state === 'asked';
        state = 'over';
        // what it throws would stand in the way of why it was left
        const left = (async () => iterator.return?.())().catch(() => undefined);
        // a generator that never answers cannot return either
        if (!asked) await left;
      },
    };
  }

  hold(): void {}

  #refuseEmpty(): never {
    throw new SluiceError(
      'bad-data',
      `${this.#subject} brought no batch. It is gone through once each epoch: give an array, or an ` +
        'object whose [Symbol.asyncIterator]() or [Symbol.iterator]() begins anew each time (a ' +
        'generator that was called already does not)',
    );
  }
}
