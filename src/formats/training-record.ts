/**
 * Where training stands, in a model file: the metadata's `training` holds as JSON what compile
 * settled and the counters, and the optimizer's arrays stand as tensors in the shapes of the
 * weights under `optimizer/<array>/<weight>`, as `optimizer/m/lstm/kernel`. Nothing in it
 * depends on how the kernels lay out memory.
 */
import { SluiceError } from '../errors.js';
import { type CompileConfig, compileOptions } from '../model/compile-config.js';
import { type Model, trainingState } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import type { TrainingCounters } from '../model/training-state.js';
import { describe, isObject, quote } from './json.js';
import { type Fault, parseField } from './metadata-field.js';
import type { TensorToWrite } from './safetensors.js';
import { isSize } from './safetensors-header.js';

const counters = [
  'optimizerSteps',
  'steps',
  'epochs',
] as const satisfies (keyof TrainingCounters)[];

/** What the metadata's `training` holds. */
export interface TrainingRecord extends CompileConfig, TrainingCounters {
  /** Sequences whose states stateful layers hold; undefined where they begin at zero, or there are none. */
  readonly stateRows?: number;
}

/** Name and shape of a tensor. */
export type WeightSpec = Model['weightSpecs'][number];

/** An array of the optimizer, as a file names it. */
export interface ArraySpec extends WeightSpec {
  /** False where a value below 0 can only be damage. */
  readonly signed: boolean;
}

/** The arrays of a compiled model's optimizer, slot by slot, in the order of getWeights. */
export function arraySpecs(model: Model): ArraySpec[] {
  const slots = model.optimizer.slots;
  return slots.flatMap(({ name: slot, signed }) =>
    model.weightSpecs.map(({ name, shape }) => ({
      name: `optimizer/${slot}/${name}`,
      shape,
      signed,
    })),
  );
}

/** What stateful layers remember of so many sequences: states/lstm/h ... */
export function stateSpecs(model: Model, rows: number | undefined): ArraySpec[] {
  const states = model[trainingState]?.states;
  if (!states || rows === undefined) return [];
  const shapes = states.shapes(rows);
  return states.names.map((name, i) => ({
    name: `states/${name}`,
    shape: shapes[i],
    signed: true,
  }));
}

export interface WrittenTraining {
  readonly json: string;
  readonly tensors: readonly TensorToWrite[];
}

/**
 * Training as it goes into a file; undefined for a model that was not compiled.
 * @throws SluiceError 'bad-option' or 'not-finite' where the file could not be loaded again.
 */
export function writeTraining(subject: string, model: Model): WrittenTraining | undefined {
  const state = model[trainingState];
  if (state === undefined) return undefined;
  const rows = state.states?.rows || undefined;
  const record: TrainingRecord = {
    ...state.compiled,
    ...state.counters,
    ...(rows === undefined ? {} : { stateRows: rows }),
  };
  try {
    compileOptions(record);
    const slots = state.slots.flat();
    const arrays = [...slots, ...(state.states?.read() ?? [])];
    const specs = [...(slots.length > 0 ? arraySpecs(model) : []), ...stateSpecs(model, rows)];
    const tensors = specs.map((spec, i) => ({ ...spec, data: checkArray(spec, arrays[i]) }));
    return { json: JSON.stringify(record), tensors };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const mend =
      'includeOptimizer: false leaves compile settings and the optimizer out of the file';
    throw new SluiceError(error.code, `${subject}: ${error.message}; ${mend}`, { cause: error });
  }
}

/** Reads and checks the metadata's `training`. @throws SluiceError 'bad-file' */
export function readTraining(text: string, bad: Fault): TrainingRecord {
  const record = parseField('training', text, bad);
  if (!isObject(record)) throw bad(`the training is ${describe(record)}, expected an object`);
  for (const name of counters) {
    if (isSize(record[name])) continue;
    throw bad(`the training's ${name} is ${describe(record[name])}, expected a whole number >= 0`);
  }
  const rows = record.stateRows;
  if (rows !== undefined && !(isSize(rows) && rows > 0)) {
    throw bad(`the training's stateRows is ${describe(rows)}, expected a positive whole number`);
  }
  return record as unknown as TrainingRecord;
}

/** @throws SluiceError 'not-finite' naming the array. */
export function checkArray({ name, signed }: ArraySpec, { data }: Tensor): Float32Array {
  const at = data.findIndex((value) => !Number.isFinite(value) || (value < 0 && !signed));
  if (at < 0) return data;
  const expected = signed ? 'finite' : 'finite and not below 0';
  throw new SluiceError(
    'not-finite',
    `${quote(name)} must be ${expected}, but element ${at} is ${data[at]}`,
  );
}
