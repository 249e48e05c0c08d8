/**
 * A trained model as one safetensors file: weights in Keras's shapes under the names
 * `lstm/kernel`, `lstm/recurrentKernel`, `dense_1/bias` ..., and as metadata
 *
 *   format          "sluice"
 *   format_version  "1"; a reader refuses what it does not know
 *   sluice_version  the package that wrote it
 *   config          model.getConfig() as JSON
 *   preprocessing   any JSON that the caller wants beside the weights; may be missing
 */
import { SluiceError } from '../errors.js';
import { sequentialFromConfig } from '../model/config.js';
import { checkFiniteWeights } from '../model/finite.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Sequential } from '../model/sequential.js';
import type { Tensor } from '../model/tensor.js';
import { checkChoice, checkKeys, shown } from '../options.js';
import { describe, isObject, parseJson, quote, toJson } from './json.js';
import { alignedFloats, readSafetensors, toFloat32, writeSafetensors } from './safetensors.js';
import { readHeader, type SafetensorsHeader, type TensorEntry } from './safetensors-header.js';

const FORMAT = 'sluice';
const FORMAT_VERSION = 1;
/** More than any model has; keeps a hostile configuration from costing more than its file. */
const MAX_LAYERS = 1000;

/** Options of toBytes and saveModel. */
export interface SaveOptions {
  /**
   * How inputs were made from raw data: any value that JSON holds. Given back by readModelFile.
   * Default: none.
   */
  preprocessing?: unknown;
}

/** Options of fromBytes and loadModel. */
export interface LoadOptions {
  /** Numerics of the loaded model. Default: those it was saved with. */
  numerics?: 'fast' | 'portable' | undefined;
}

/** What a model file holds; `config` and `preprocessing` are as trustworthy as the file. */
export interface ModelFile {
  /** The model without its weights, as getConfig gave it. */
  config: ModelConfig;
  /** What was saved as preprocessing; undefined where nothing was. */
  preprocessing: unknown;
  /** The version of sluice that wrote the file. */
  version: string;
  /** The weights by name: 'lstm/kernel', 'dense/bias' ... */
  tensors: Map<string, Tensor>;
}

/**
 * The model as the bytes of a safetensors file; the same model gives the same bytes.
 * @throws SluiceError 'bad-option' for preprocessing that JSON cannot hold, 'not-finite' for
 *   weights that are not.
 */
export function toBytes(model: Sequential, options: SaveOptions = {}): Uint8Array {
  checkKeys('toBytes', options, ['preprocessing']);
  const weights = model.getWeights();
  checkFiniteWeights('toBytes', model.weightSpecs, weights);
  const tensors = model.weightSpecs.map(({ name }, index) => ({ name, ...weights[index] }));
  const metadata = new Map([
    ['format', FORMAT],
    ['format_version', String(FORMAT_VERSION)],
    ['sluice_version', __SLUICE_VERSION__],
    ['config', JSON.stringify(model.getConfig())],
  ]);
  if (options.preprocessing !== undefined) {
    metadata.set('preprocessing', toJson('preprocessing', options.preprocessing));
  }
  return writeSafetensors(tensors, metadata);
}

/**
 * The model of a file that `toBytes` made, with outputs equal to the bit (in portable
 * numerics everywhere, in fast numerics on the same machine). It has yet to be compiled.
 * @throws SluiceError 'bad-file' for bytes that are damaged, foreign or of a newer sluice,
 *   before memory for the weights is allocated; 'memory-limit' where there is too little.
 */
export function fromBytes(data: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Sequential {
  checkLoadOptions('fromBytes', options);
  const bytes = asBytes('fromBytes', data);
  return fillWeights(openModel(bytes, bytes.length, options), bytes);
}

/**
 * Everything in a model file, without making the model.
 * @throws SluiceError 'bad-file' as `fromBytes`; the configuration is only parsed.
 */
export function readModelFile(data: Uint8Array | ArrayBuffer): ModelFile {
  const file = readSafetensors(asBytes('readModelFile', data));
  const { config, version } = readMetadata(file.metadata);
  const preprocessing = file.metadata.get('preprocessing');
  const tensors = new Map<string, Tensor>();
  for (const [name, stored] of file.tensors) {
    tensors.set(name, { data: toFloat32(name, stored), shape: [...stored.shape] });
  }
  return {
    config: config as unknown as ModelConfig,
    preprocessing:
      preprocessing === undefined ? undefined : parseField('preprocessing', preprocessing),
    version,
    tensors,
  };
}

/** A model without its weights yet, and where each of them stands in the file. */
export interface OpenModel {
  readonly model: Sequential;
  /** In the order of getWeights. */
  readonly entries: readonly TensorEntry[];
}

/**
 * Checks a file from its head (at least up to the end of the header) and makes the model,
 * which at this point owns no memory for weights: the file must hold exactly the tensors
 * that its configuration asks for.
 */
export function openModel(
  head: Uint8Array,
  fileLength: number,
  options: LoadOptions = {},
): OpenModel {
  const header = readHeader(head, fileLength);
  const { config } = readMetadata(header.metadata);
  const model = modelOf(config, options);
  try {
    return { model, entries: matchTensors(model, header) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Loads the weights out of the whole file. */
export function fillWeights({ model, entries }: OpenModel, bytes: Uint8Array): Sequential {
  try {
    model.setWeights(
      entries.map(({ shape, begin, end }) => ({
        data: alignedFloats(bytes.subarray(begin, end)),
        shape,
      })),
    );
    return model;
  } catch (error) {
    model.dispose();
    if (error instanceof SluiceError && error.code === 'bad-data') throw bad(error.message, error);
    throw error;
  }
}

/** @throws SluiceError 'bad-option', so that no file is blamed for it. */
export function checkLoadOptions(subject: string, options: LoadOptions): void {
  checkKeys(subject, options, ['numerics']);
  const { numerics } = options;
  if (numerics !== undefined) checkChoice(subject, 'numerics', numerics, ['fast', 'portable']);
}

function asBytes(subject: string, data: Uint8Array | ArrayBuffer): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new SluiceError(
    'bad-option',
    `${subject} expects the file as a Uint8Array or an ArrayBuffer, but got ${shown(data)}`,
  );
}

function readMetadata(metadata: ReadonlyMap<string, string>): {
  config: Record<string, unknown>;
  version: string;
} {
  const format = metadata.get('format');
  const formatVersion = metadata.get('format_version') ?? '';
  const version = metadata.get('sluice_version') ?? 'unknown';
  const config = metadata.get('config');
  if (format !== FORMAT) {
    throw bad(
      `the metadata names the format ${describe(format)}, expected ${quote(FORMAT)}; ` +
        'another program wrote this file',
    );
  }
  if (!/^[1-9][0-9]{0,8}$/.test(formatVersion) || Number(formatVersion) > FORMAT_VERSION) {
    throw bad(
      `sluice ${describe(version)} wrote it in format version ${describe(formatVersion)}, ` +
        `this one reads up to ${FORMAT_VERSION}; update sluice`,
    );
  }
  if (config === undefined) throw bad('the metadata holds no config; the file is incomplete');
  const parsed = parseField('config', config);
  if (!isObject(parsed)) throw bad(`the config is ${describe(parsed)}, expected an object`);
  return { config: parsed, version };
}

function modelOf(config: Record<string, unknown>, { numerics }: LoadOptions): Sequential {
  const { layers, inputShape } = config;
  if (Array.isArray(layers) && layers.length > MAX_LAYERS) {
    throw bad(`the configuration lists ${layers.length} layers, more than ${MAX_LAYERS}`);
  }
  if (inputShape === null || inputShape === undefined) {
    throw bad('the configuration names no inputShape');
  }
  try {
    return sequentialFromConfig(config, numerics === undefined ? {} : { numerics });
  } catch (error) {
    const blameless = error instanceof SluiceError && error.code === 'unsupported';
    if (!(error instanceof SluiceError) || blameless) throw error;
    throw bad(`the configuration makes no model: ${error.message}`, error);
  }
}

/** The file must hold what the model needs, all of it and nothing else. */
function matchTensors(model: Sequential, { tensors }: SafetensorsHeader): TensorEntry[] {
  const specs = model.weightSpecs;
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

function parseField(key: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw bad(`the metadata ${quote(key)} is damaged: ${(cause as Error).message}`, cause);
  }
}

function bad(message: string, cause?: unknown): SluiceError {
  return new SluiceError('bad-file', `model file: ${message}`, { cause });
}
