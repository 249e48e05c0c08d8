/**
 * A trained model as one safetensors file: weights in Keras's shapes under the names
 * `lstm/kernel`, `lstm/recurrentKernel`, `dense_1/bias` ..., and as metadata
 *
 *   format          "sluice"
 *   format_version  "1", or "2" with training; a reader refuses what it does not know
 *   sluice_version  the package that wrote it
 *   config          model.getConfig() as JSON
 *   preprocessing   any JSON that the caller wants beside the weights; may be missing
 *   training        where training stands (training-record.ts); may be missing
 */
import { SluiceError } from '../errors.js';
import { fromConfigRules } from '../model/config.js';
import { checkFiniteWeights } from '../model/finite.js';
import { Model } from '../model/model.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Tensor } from '../model/tensor.js';
import { shown } from '../options.js';
import { anyRule, booleanRule, type Rules, settle } from '../rules.js';
import { readMetadata, writeMetadata } from './model-metadata.js';
import { fillWeights, openModel } from './open-model.js';
import { readSafetensors, toFloat32, writeSafetensors } from './safetensors.js';
import { type TrainingRecord, writeTraining } from './training-record.js';

/** Options of toBytes and saveModel. */
export interface SaveOptions {
  /**
   * How inputs were made from raw data: any value that JSON holds; comes back as
   * `model.preprocessing`. Default: what stands there now.
   */
  preprocessing?: unknown;
  /**
   * Also writes what compile settled, the optimizer's state and the counters of epochs and steps
   * where the model is compiled, so that a loaded model trains on without compile, with the bits
   * of one that was never saved. Default true. false: weights, configuration and preprocessing
   * alone, a third of the size after training with Adam; for devices that only predict.
   */
  includeOptimizer?: boolean | undefined;
}

/** Options of fromBytes and loadModel. */
export interface LoadOptions {
  /** Numerics of the loaded model. Default: those it was saved with. */
  numerics?: 'fast' | 'portable' | undefined;
  /** Threads that share its passes, as in sequential. Default 1. */
  threads?: number | undefined;
}

const saveRules = {
  preprocessing: anyRule,
  includeOptimizer: { ...booleanRule, otherwise: () => true },
} satisfies Rules<SaveOptions>;

const loadRules = fromConfigRules satisfies Rules<LoadOptions>;

/**
 * A model out of a file, with what was saved beside its weights. The type of `preprocessing` is
 * what the caller says it is: the file is not checked against it. `Out` is Tensor[] for a model of
 * several outputs.
 */
export type LoadedModel<
  Preprocessing = unknown,
  Out extends Tensor | Tensor[] = Tensor,
> = Model<Out> & {
  /** What was saved beside the weights; undefined where nothing was. */
  preprocessing: Preprocessing | undefined;
};

/** What a model file holds; all of it is as trustworthy as the file. */
export interface ModelFile {
  /** The model without its weights, as getConfig gave it. */
  config: ModelConfig;
  /** What was saved as preprocessing; undefined where nothing was. */
  preprocessing: unknown;
  /** What compile settled and the counters; undefined where the file holds none. */
  training: TrainingRecord | undefined;
  /** The version of sluice that wrote the file. */
  version: string;
  /** Weights as `layer/weight`, arrays of the optimizer as `optimizer/<array>/layer/weight`. */
  tensors: Map<string, Tensor>;
}

/**
 * The model as the bytes of a safetensors file; the same model gives the same bytes. To go on to
 * the bit, save between two epochs (onEpochEnd is one such moment), not within one.
 * @throws SluiceError 'bad-option' for what is no model, preprocessing that JSON cannot hold, or
 *   an optimizer that is none of `optimizers`; 'not-finite' for weights or an optimizer's state
 *   that are not.
 */
export function toBytes(model: Model, options: SaveOptions = {}): Uint8Array {
  return modelBytes('toBytes', model, options);
}

/** toBytes for a function that errors call `subject`. */
export function modelBytes(subject: string, model: Model, options: SaveOptions): Uint8Array {
  checkModel(subject, model);
  const { preprocessing = model.preprocessing, includeOptimizer } = settle(
    subject,
    options,
    saveRules,
  );
  const weights = model.getWeights();
  checkFiniteWeights(subject, model.weightSpecs, weights);
  const tensors = model.weightSpecs.map(({ name }, index) => ({ name, ...weights[index] }));
  const training = includeOptimizer ? writeTraining(subject, model) : undefined;
  const metadata = writeMetadata(model, preprocessing, training?.json);
  return writeSafetensors([...tensors, ...(training?.tensors ?? [])], metadata);
}

export function checkModel(subject: string, model: unknown): void {
  if (model instanceof Model) return;
  throw new SluiceError(
    'bad-option',
    `${subject} expects a model made by sequential() or model(), but got ${shown(model)}`,
  );
}

/**
 * The model of a file that `toBytes` made, with outputs equal to the bit (in portable
 * numerics everywhere, in fast numerics on the same machine). It is compiled if the saved one was
 * and its training was saved, and goes on training where that one stood.
 * @throws SluiceError 'bad-file' for bytes that are damaged, foreign or of a newer sluice,
 *   before memory for the weights is allocated; 'memory-limit' where there is too little.
 */
export function fromBytes<Preprocessing = unknown, Out extends Tensor | Tensor[] = Tensor>(
  data: Uint8Array | ArrayBuffer,
  options: LoadOptions = {},
): LoadedModel<Preprocessing, Out> {
  const settled = checkLoadOptions('fromBytes', options);
  const bytes = asBytes('fromBytes', data);
  return fillWeights(openModel(bytes, bytes.length, settled), bytes) as LoadedModel<
    Preprocessing,
    Out
  >;
}

/**
 * Everything in a model file, without making the model.
 * @throws SluiceError 'bad-file' as `fromBytes`; the configuration is only parsed.
 */
export function readModelFile(data: Uint8Array | ArrayBuffer): ModelFile {
  const file = readSafetensors(asBytes('readModelFile', data));
  const tensors = new Map<string, Tensor>();
  for (const [name, stored] of file.tensors) {
    tensors.set(name, { data: toFloat32(name, stored), shape: [...stored.shape] });
  }
  const { config, ...rest } = readMetadata(file.metadata);
  return { config: config as unknown as ModelConfig, ...rest, tensors };
}

/** @throws SluiceError 'bad-option', so that no file is blamed for it. */
export const checkLoadOptions = (subject: string, options: LoadOptions) =>
  settle(subject, options, loadRules);

const nothing = new Uint8Array(0);

export function asBytes(subject: string, data: Uint8Array | ArrayBuffer): Uint8Array {
  if (data instanceof Uint8Array) return data;
  // one that was transferred elsewhere is as long as an empty one, but has no views
  if (data instanceof ArrayBuffer) return data.byteLength > 0 ? new Uint8Array(data) : nothing;
  throw new SluiceError(
    'bad-option',
    `${subject} expects the file as a Uint8Array or an ArrayBuffer, but got ${shown(data)}`,
  );
}
