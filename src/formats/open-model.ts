/** A model out of a file in two steps: the header decides, before the rest is read. */
import { SluiceError } from '../errors.js';
import { compileOptions } from '../model/compile-config.js';
import { type FromConfigOptions, modelFromConfig } from '../model/config.js';
import { type Model, trainingState } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import { describe, quote } from './json.js';
import { badFile, type Fault } from './metadata-field.js';
import { readMetadata } from './model-metadata.js';
import { alignedFloats } from './safetensors.js';
import { readHeader, type SafetensorsHeader, type TensorEntry } from './safetensors-header.js';
import {
  type ArraySpec,
  arraySpecs,
  checkArray,
  stateSpecs,
  type TrainingRecord,
  type WeightSpec,
} from './training-record.js';

/** More than any model has; keeps a hostile configuration from costing more than its file. */
const MAX_LAYERS = 1000;
const MAX_CALLS = 10_000;

/** A model without its weights yet, and where each of them stands in the file. */
export interface OpenModel {
  readonly model: Model;
  /** In the order of getWeights. */
  readonly entries: readonly TensorEntry[];
  readonly training: OpenTraining | undefined;
}

/** Where training stands: the counters, and where the optimizer's arrays are in the file. */
interface OpenTraining {
  readonly record: TrainingRecord;
  readonly arrays: readonly (ArraySpec & { readonly entry: TensorEntry })[];
  /** States of stateful layers, likewise. */
  readonly states: readonly (ArraySpec & { readonly entry: TensorEntry })[];
}

/**
 * Checks a file from its head (at least up to the end of the header) and makes the model,
 * which at this point owns no memory for weights: the file must hold exactly the tensors
 * that its configuration and its optimizer ask for.
 */
export function openModel(
  head: Uint8Array,
  fileLength: number,
  options: FromConfigOptions = {},
): OpenModel {
  const header = readHeader(head, fileLength);
  const { config, preprocessing, training: record } = readMetadata(header.metadata);
  const model = modelOf(config, options);
  try {
    model.preprocessing = preprocessing;
    if (record) compileAs(model, record);
    return { model, ...findTensors(model, header, record, badFile) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Where the weights, and the optimizer's arrays once there are any, stand in a file. */
export function findTensors(
  model: Model,
  header: SafetensorsHeader,
  record: TrainingRecord | undefined,
  bad: Fault,
): Omit<OpenModel, 'model'> {
  const slots = record && record.optimizerSteps > 0 ? arraySpecs(model) : [];
  const specs = [...slots, ...(record ? stateSpecs(model, record.stateRows) : [])];
  const entries = matchTensors([...model.weightSpecs, ...specs], header, bad);
  const first = entries.length - specs.length;
  const found = specs.map((spec, i) => ({ ...spec, entry: entries[first + i] }));
  const [arrays, states] = [found.slice(0, slots.length), found.slice(slots.length)];
  return { entries: entries.slice(0, first), training: record && { record, arrays, states } };
}

function compileAs(model: Model, record: TrainingRecord): void {
  try {
    model.compile(compileOptions(record));
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw badFile(`the training does not fit the model: ${error.message}`, error);
  }
}

/** Loads the weights, and where training stands, out of the whole file. */
export function fillWeights(open: OpenModel, bytes: Uint8Array): Model {
  try {
    takeTensors(open, bytes, badFile);
    return open.model;
  } catch (error) {
    open.model.dispose();
    throw error;
  }
}

/** Weights, and where training stands; where the bytes are bad the model stays as it was. */
export function takeTensors(
  { model, entries, training }: OpenModel,
  bytes: Uint8Array,
  bad: Fault,
): void {
  try {
    const weights = entries.map((entry) => tensorAt(entry, bytes));
    const slots = training && slotsIn(model, training, bytes);
    const states = training?.states.map((spec) => tensorIn(spec, bytes)) ?? [];
    if (training && slots)
      model[trainingState] = { weights, counters: training.record, slots, states };
    else model.setWeights(weights);
  } catch (error) {
    const faulty = ['bad-data', 'not-finite'];
    if (error instanceof SluiceError && faulty.includes(error.code))
      throw bad(error.message, error);
    throw error;
  }
}

/** The optimizer's arrays, slot by slot; empty before its first update. */
function slotsIn(model: Model, { arrays }: OpenTraining, bytes: Uint8Array): Tensor[][] {
  const tensors = arrays.map((spec) => tensorIn(spec, bytes));
  const weights = model.weightSpecs.length;
  if (tensors.length === 0) return [];
  return model.optimizer.slots.map((_, i) => tensors.slice(i * weights, (i + 1) * weights));
}

/** @throws SluiceError 'not-finite' */
function tensorIn(
  { entry, ...spec }: ArraySpec & { readonly entry: TensorEntry },
  bytes: Uint8Array,
): Tensor {
  const tensor = tensorAt(entry, bytes);
  checkArray(spec, tensor);
  return tensor;
}

const tensorAt = ({ shape, begin, end }: TensorEntry, bytes: Uint8Array): Tensor => ({
  data: alignedFloats(bytes.subarray(begin, end)),
  shape: [...shape],
});

function modelOf(config: Record<string, unknown>, options: FromConfigOptions): Model {
  const { className, layers, inputShape } = config;
  if (Array.isArray(layers) && layers.length > MAX_LAYERS) {
    throw badFile(`the configuration lists ${layers.length} layers, more than ${MAX_LAYERS}`);
  }
  const calls = Array.isArray(layers) ? layers.reduce((sum, layer) => sum + callsOf(layer), 0) : 0;
  if (calls > MAX_CALLS) {
    throw badFile(`the configuration lists ${calls} calls of layers, more than ${MAX_CALLS}`);
  }
  if (className === 'Sequential' && (inputShape === null || inputShape === undefined)) {
    throw badFile('the configuration names no inputShape');
  }
  try {
    return modelFromConfig(config, options);
  } catch (error) {
    if (!(error instanceof SluiceError) || isOfTheRuntime(error)) throw error;
    throw badFile(`the configuration makes no model: ${error.message}`, error);
  }
}

/** Calls of a layer of a graph, and what they read. */
function callsOf(layer: unknown): number {
  const { inboundNodes } = (layer ?? {}) as { inboundNodes?: unknown };
  if (!Array.isArray(inboundNodes)) return 0;
  return inboundNodes.reduce((sum, call) => sum + (Array.isArray(call) ? call.length : 1), 0);
}

/** No file is to be blamed for a runtime without SIMD, or full of models. */
const isOfTheRuntime = (error: SluiceError): boolean =>
  error.code === 'unsupported' || error.cause instanceof RangeError;

/** The file must hold what the model needs, all of it and nothing else. */
function matchTensors(
  specs: readonly WeightSpec[],
  { tensors }: SafetensorsHeader,
  bad: Fault,
): TensorEntry[] {
  const entries = specs.map(({ name, shape }) => {
    const entry = tensors.get(name);
    if (entry === undefined) throw bad(`the tensor ${quote(name)} of the model is missing`);
    if (entry.dtype !== 'F32' || entry.shape.join() !== shape.join()) {
      throw bad(
        `tensor ${quote(name)} is ${entry.dtype} ${describe(entry.shape)}, ` +
          `the model needs F32 ${describe(shape)}`,
      );
    }
    return entry;
  });
  if (tensors.size > specs.length) {
    const known = new Set(specs.map(({ name }) => name));
    const extra = [...tensors.keys()].find((name) => !known.has(name)) as string;
    throw bad(`the tensor ${quote(extra)} belongs to no layer of the model`);
  }
  return entries;
}
