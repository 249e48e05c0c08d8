// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers:
// as easy as 1, 2, 3"), bit-equal to the kernel in assembly/. A stream is named, not split off:
// the same (seed, stream) gives the same numbers in any order, thread and engine.
import { scalar } from './engine/scalar.js';
import { SluiceError } from './errors.js';
import { checkOption } from './options.js';

export { scalar };

const TWO_32 = 2 ** 32;

/** A 53-bit seed as the two words of a Philox key. */
export interface SeedWords {
  readonly lo: number;
  readonly hi: number;
}

/** @throws SluiceError 'bad-option' unless seed is an integer from 0 to 2^53 - 1. */
export function seedWords(seed: number, name = 'seed'): SeedWords {
  const fits = Number.isSafeInteger(seed) && seed >= 0;
  checkOption('random', name, seed, fits, 'an integer from 0 to 2^53 - 1');
  return { lo: seed >>> 0, hi: Math.floor(seed / TWO_32) };
}

/**
 * The high word of a 32 x 32 bit product, as an int32. Every sum of the schoolbook method stays
 * below 2^32, so 32-bit integers carry it; doubles and BigInt are several times slower.
 */
function multiplyHigh(a: number, b: number): number {
  const aLo = a & 0xffff;
  const aHi = a >>> 16;
  const bLo = b & 0xffff;
  const bHi = b >>> 16;
  const mid = Math.imul(aHi, bLo) + (Math.imul(aLo, bLo) >>> 16);
  const cross = Math.imul(aLo, bHi) + (mid & 0xffff);
  return (Math.imul(aHi, bHi) + (mid >>> 16) + (cross >>> 16)) | 0;
}

/** One block: counter words c0..c3 under key (lo, hi) become the four words of `out`. */
export function philox(
  key: SeedWords,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  out: Uint32Array,
): void {
  let lo = key.lo | 0;
  let hi = key.hi | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ lo;
    c1 = low1;
    c2 = high0 ^ c3 ^ hi;
    c3 = low0;
    lo = (lo + 0x9e3779b9) | 0;
    hi = (hi + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

function emptyOrder(n: number): Uint32Array {
  const fits = Number.isSafeInteger(n) && n >= 0 && n < TWO_32;
  checkOption('Random.permutation', 'n', n, fits, 'an integer from 0 to 2^32 - 1');
  try {
    return new Uint32Array(n);
  } catch (cause) {
    throw new SluiceError(
      'memory-limit',
      `Random.permutation: the runtime refused the ${4 * n} bytes of ${n} numbers; ask for fewer`,
      { cause },
    );
  }
}

/** A stream of random numbers, the same on every engine. */
export class Random {
  readonly #key: SeedWords;
  readonly #stream: SeedWords;
  readonly #words = new Uint32Array(4);
  #block = 0;
  #used = 4;

  /**
   * @param seed integer from 0 to 2^53 - 1
   * @param stream which of the seed's independent sequences, 0 to 2^53 - 1
   * @throws SluiceError 'bad-option' for what is no such integer
   */
  constructor(seed: number, stream = 0) {
    this.#key = seedWords(seed);
    this.#stream = seedWords(stream, 'stream');
  }

  /** Uniform over 0 .. 2^32 - 1. */
  nextUint32(): number {
    if (this.#used === 4) {
      const high = Math.floor(this.#block / TWO_32);
      philox(this.#key, this.#block >>> 0, high, this.#stream.lo, this.#stream.hi, this.#words);
      this.#block++;
      this.#used = 0;
    }
    return this.#words[this.#used++];
  }

  /** Uniform over [0, 1) with 53 bits. */
  uniform(): number {
    return bits53(this) / 2 ** 53;
  }

  /** Standard normal (Box-Muller; the second value is not kept, so draws stay countable). */
  normal(): number {
    const radius = Math.sqrt(-2 * scalar.log(1 - this.uniform()));
    return radius * scalar.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Uniform over the integers low .. high, both included, without bias.
   * @throws SluiceError 'bad-option' unless low <= high are integers less than 2^53 apart
   */
  integer(low: number, high: number): number {
    const fits = Number.isSafeInteger(low) && Number.isSafeInteger(high) && low <= high;
    checkOption('Random.integer', 'low, high', [low, high], fits, 'integers with low <= high');
    const span = high - low + 1;
    checkOption('Random.integer', 'high - low', high - low, span <= 2 ** 53, 'below 2^53');
    return low + below(this, span);
  }

  /**
   * The numbers 0 .. n - 1 in random order (Fisher-Yates).
   * @param n integer from 0 to 2^32 - 1
   * @throws SluiceError 'bad-option', and 'memory-limit' where 4 n bytes are not to be had
   */
  permutation(n: number): Uint32Array {
    const order = emptyOrder(n);
    for (let i = 0; i < n; i++) order[i] = i;
    exchange(this, order, n - 1, 0);
    return order;
  }
}

/** Uniform over 0 .. span - 1; draws again where the remainder would favour small numbers. */
function below(random: Random, span: number): number {
  const wide = span > TWO_32;
  const range = wide ? 2 ** 53 : TWO_32;
  const limit = range - (range % span);
  let drawn: number;
  do {
    drawn = wide ? bits53(random) : random.nextUint32();
  } while (drawn >= limit);
  return drawn % span;
}

function bits53(random: Random): number {
  const high = random.nextUint32() >>> 5;
  return high * 2 ** 26 + (random.nextUint32() >>> 6);
}

/** The exchanges of Fisher and Yates for the places from `top` down to above `bottom`. */
function exchange(random: Random, order: Uint32Array, top: number, bottom: number): void {
  for (let i = top; i > bottom; i--) {
    const j = below(random, i + 1);
    const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
}

/** `random.permutation(n)`, with a stop after every `part` numbers, for whoever has to be heard meanwhile. */
export function* permuting(random: Random, n: number, part: number): Generator<void, Uint32Array> {
  const order = emptyOrder(n);
  for (let from = 0; from < n; from += part) {
    const end = Math.min(n, from + part);
    for (let i = from; i < end; i++) order[i] = i;
    yield;
  }
  for (let top = n - 1; top > 0; top -= part) {
    exchange(random, order, top, Math.max(0, top - part));
    yield;
  }
  return order;
}
