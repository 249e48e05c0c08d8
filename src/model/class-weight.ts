import type { EngineMemory } from '../engine/memory.js';
import { SluiceError } from '../errors.js';
import type { View } from '../layers/node.js';
import { isPlainObject, shown } from '../options.js';
import type { Rule } from '../rules.js';
import type { Field } from './arrays.js';
import type { Batches, Pick, Stretch } from './batches.js';
import type { Signature } from './dataset.js';

/** How much samples of each class count, by the number of the class; 1 for a class that is left out. */
export type ClassWeight = Readonly<Record<number, number>>;

const expected =
  'an object of class numbers and weights from 0 up within float32, such as { 0: 1, 1: 5 }';

/** The weights of the classes in their order. */
export const classWeightRule = {
  expected,
  holds: (value) => isPlainObject(value) && Object.keys(value).length > 0,
  kept: (value, subject) => {
    for (const [key, weight] of Object.entries(value as object)) {
      const known = /^(0|[1-9]\d{0,8})$/.test(key);
      if (known && isWeight(weight)) continue;
      const found = known ? `class ${key} has ${shown(weight)}` : `has the key ${shown(key)}`;
      throw new SluiceError('bad-option', `${subject} must be ${expected}, but ${found}`);
    }
    return { ...(value as ClassWeight) };
  },
} satisfies Rule<ClassWeight>;

const isWeight = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && Number.isFinite(Math.fround(value));

/**
 * The same batches, whose rows weigh what the class of their target weighs; without weights the batches themselves.
 * @throws SluiceError 'bad-option' for samples that have weights already, several outputs, a loss of whole
 * sequences, or a class that the output does not have.
 */
export function weighByClass(
  method: string,
  data: Batches,
  classWeight: ClassWeight | undefined,
  { outputs }: Signature,
): Batches {
  if (classWeight === undefined) return data;
  const refuse = (why: string) => new SluiceError('bad-option', `${method}: ${why}`);
  if (data.weighted) {
    throw refuse(
      'sampleWeight and classWeight are both given; give sampleWeight multiplied by those of the classes',
    );
  }
  if (outputs.length > 1) {
    throw refuse(
      `classWeight is for one output, but the model has ${outputs.length}; give sampleWeight for each`,
    );
  }
  const [field] = outputs;
  if (field.perSample) {
    throw refuse(
      `classWeight is for rows of classes, but the loss of ${field.label} is one number a sequence; leave it out`,
    );
  }
  const classes = classesOf(field);
  const lost = Object.keys(classWeight).find((key) => Number(key) >= classes);
  if (lost !== undefined) {
    throw refuse(
      `classWeight has class ${lost}, but ${field.label} has classes 0 to ${classes - 1}`,
    );
  }
  return new ClassWeighted(data, classWeight, field);
}

/** One number that is no class number tells two classes apart: 0 and 1. */
const classesOf = ({ port, classes }: Field): number =>
  port.features === 1 && !classes ? 2 : port.features;

class ClassWeighted implements Batches {
  readonly weighted = true;
  readonly #data: Batches;
  readonly #classWeight: ClassWeight;
  readonly #field: Field;
  /** Where the targets of the batch stand, which are staged before their weights. */
  #targets: View | undefined;

  constructor(data: Batches, classWeight: ClassWeight, field: Field) {
    this.#data = data;
    this.#classWeight = classWeight;
    this.#field = field;
  }

  get count(): number {
    return this.#data.count;
  }

  stageInput(input: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void {
    this.#data.stageInput(input, memory, to, pick, stretch);
  }

  stageTarget(output: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void {
    this.#data.stageTarget(output, memory, to, pick, stretch);
    this.#targets = to;
  }

  /** As in Keras: the largest of a row is its class, or its one number, rounded. */
  stageWeights(_: number, { floats }: EngineMemory, to: View, { B }: Pick, stretch: Stretch): void {
    if (this.#targets === undefined) throw new Error('weights are staged after targets');
    const { pointer, stride } = this.#targets;
    const { sequence, features } = this.#field.port;
    const single = classesOf(this.#field) > features;
    const rows = sequence ? stretch.steps * B : B;
    for (let r = 0; r < rows; r++) {
      const row = (pointer >>> 2) + r * stride;
      const found = single ? Math.round(floats[row]) : largest(floats, row, features);
      floats[(to.pointer >>> 2) + r] = this.#classWeight[found] ?? 1;
    }
  }

  held(): Batches {
    const held = this.#data.held();
    return held === this.#data ? this : new ClassWeighted(held, this.#classWeight, this.#field);
  }

  slice(from: number, to: number): Batches {
    return new ClassWeighted(this.#data.slice(from, to), this.#classWeight, this.#field);
  }
}

/** The place of the first of the largest numbers. */
function largest(floats: Float32Array, row: number, features: number): number {
  let best = 0;
  for (let c = 1; c < features; c++) if (floats[row + c] > floats[row + best]) best = c;
  return best;
}
