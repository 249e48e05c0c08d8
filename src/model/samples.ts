import type { EngineMemory } from '../engine/memory.js';
import { SluiceError } from '../errors.js';
import type { View } from '../layers/node.js';
import { floatsOf } from '../layers/port.js';
import { shown } from '../options.js';
import { checkFinite, type Field } from './arrays.js';
import { type Batches, type Pick, type Stretch, sampleOf, stage, stageClasses } from './batches.js';
import { checkClasses, checkIntegers, type Signature } from './dataset.js';
import { isThenable } from './interruption.js';

/**
 * Samples that are made when a batch needs them, such as windows of a series: a pass holds no more
 * of them than a batch. The same index must give the same numbers each time.
 */
export interface Samples {
  /** How many there are: an integer from 1. */
  readonly count: number;
  /**
   * Writes one sample of x to `to`, [...inputShape] with the last axis fastest, which holds zeros
   * until then; before it returns, for nobody waits for a promise.
   * @param index from 0 up to, not including, count.
   * @param input which input of the model; 0 where it has one.
   */
  x(index: number, to: Float32Array, input: number): void;
  /**
   * Writes its target, [...outputShape], or a class number a row where the loss takes these.
   * @param output which output of the model; 0 where it has one.
   */
  y(index: number, to: Float32Array, output: number): void;
}

/** True for what has the face of Samples: no array and no tensor has. */
export function isSamples(value: unknown): value is Samples {
  const { count, x, y } = (value ?? {}) as Partial<Samples>;
  return count !== undefined && typeof x === 'function' && typeof y === 'function';
}

/** Refuses what Samples bring along themselves. @throws SluiceError 'bad-option' */
export function checkAlone(prefix: string, y: unknown, sampleWeight: unknown): void {
  const given = y !== undefined ? 'y' : sampleWeight !== undefined ? 'sampleWeight' : undefined;
  if (given === undefined) return;
  throw new SluiceError(
    'bad-option',
    `${prefix}x are Samples, which bring their targets along: leave out ${prefix}${given}` +
      (given === 'y' ? ' (undefined before options)' : ', or hand over arrays'),
  );
}

/** What was made last, and for whom: stretches of time of one batch come one after the other. */
interface Made {
  readonly data: Float32Array;
  order: Uint32Array | undefined;
  from: number;
  B: number;
}

/** Batches that are cut out while they are staged. */
export class SampleBatches implements Batches {
  readonly count: number;
  readonly weighted = false;
  readonly #samples: Samples;
  readonly #signature: Signature;
  readonly #subject: string;
  readonly #first: number;
  readonly #made = new Map<string, Made>();

  /** @throws SluiceError 'bad-data' for a count that is none. */
  constructor(
    samples: Samples,
    signature: Signature,
    subject: string,
    first = 0,
    count = samples.count,
  ) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new SluiceError(
        'bad-data',
        `${subject}: count must be a positive integer, but is ${shown(count)}`,
      );
    }
    this.#samples = samples;
    this.#signature = signature;
    this.#subject = subject;
    this.#first = first;
    this.count = count;
  }

  stageInput(input: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void {
    const { port } = this.#signature.inputs[input];
    const data = this.#make('x', input, floatsOf(port.shape), pick);
    stage(memory, to, data, port, { order: undefined, from: 0, B: pick.B }, stretch);
  }

  stageTarget(output: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void {
    const { port, classes } = this.#signature.outputs[output];
    const floats = classes ? port.steps : floatsOf(port.shape);
    const data = this.#make('y', output, floats, pick);
    const copy = classes ? stageClasses : stage;
    copy(memory, to, data, port, { order: undefined, from: 0, B: pick.B }, stretch);
  }

  stageWeights(): void {
    throw new Error('samples have no weights');
  }

  held(): Batches {
    return this;
  }

  slice(from: number, to: number): Batches {
    const first = this.#first + from;
    return new SampleBatches(this.#samples, this.#signature, this.#subject, first, to - from);
  }

  /** The picked samples, one after the other. */
  #make(kind: 'x' | 'y', place: number, floats: number, pick: Pick): Float32Array {
    const { order, from, B } = pick;
    const key = `${kind}${place}`;
    let made = this.#made.get(key);
    if (made && made.order === order && made.from === from && made.B === B) {
      return made.data;
    }
    if (!made || made.data.length < B * floats) {
      made = { data: new Float32Array(B * floats), order, from, B: 0 };
      this.#made.set(key, made);
    }
    // a function may leave out what is padding: that is 0, not what stood there for a batch before
    const data = made.data.subarray(0, B * floats).fill(0);
    for (let b = 0; b < B; b++) {
      const to = data.subarray(b * floats, (b + 1) * floats);
      const index = this.#first + sampleOf(pick, b);
      const left: unknown = this.#samples[kind](index, to, place);
      if (isThenable(left)) throw this.#late(kind, left);
    }
    this.#check(kind, place, data, B, floats);
    Object.assign(made, { order, from, B });
    return made.data;
  }

  /** A promise writes once the batch has been computed. */
  #late(kind: 'x' | 'y', promise: PromiseLike<unknown>): SluiceError {
    Promise.resolve(promise).catch(() => {}); // what it comes to matters no more
    return new SluiceError(
      'bad-data',
      `${this.#subject}: function ${kind} must write a sample before it returns, but returned a promise; ` +
        'for data that are waited for, give batches to fitDataset',
    );
  }

  #check(kind: 'x' | 'y', place: number, data: Float32Array, B: number, floats: number): void {
    const { inputs, outputs } = this.#signature;
    const { label, port, classes, range }: Field = (kind === 'x' ? inputs : outputs)[place];
    const subject = `a batch of ${this.#subject}, ${kind} for ${label},`;
    const tensor = { data, shape: [B, floats] };
    checkFinite(subject, tensor);
    if (kind === 'x' && port.dtype === 'int32') checkIntegers(subject, tensor, range);
    if (kind === 'y' && classes) checkClasses(subject, tensor, port.features);
  }
}
