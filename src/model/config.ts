import { nearestName } from '../data/near-names.js';
import type { Numerics } from '../engine/module.js';
import { activation } from '../layers/activation-layer.js';
import { additiveAttention } from '../layers/additive-attention.js';
import { attention } from '../layers/attention.js';
import { batchNormalization } from '../layers/batch-normalization.js';
import { bidirectionalFromConfig } from '../layers/bidirectional.js';
import { concatenate } from '../layers/concatenate.js';
import { conv1D } from '../layers/conv-1d.js';
import { crf } from '../layers/crf.js';
import { dense } from '../layers/dense.js';
import { dot } from '../layers/dot.js';
import { dropout } from '../layers/dropout.js';
import { embedding } from '../layers/embedding.js';
import { flatten } from '../layers/flatten.js';
import { gaussianDropout } from '../layers/gaussian-dropout.js';
import { gaussianNoise } from '../layers/gaussian-noise.js';
import { globalAveragePooling1D } from '../layers/global-average-pooling.js';
import { globalMaxPooling1D } from '../layers/global-max-pooling.js';
import { gru } from '../layers/gru.js';
import { indRNN } from '../layers/ind-rnn.js';
import { jordanRNN } from '../layers/jordan-rnn.js';
import type { Applied, Layer } from '../layers/layer.js';
import { layerNormalization } from '../layers/layer-normalization.js';
import { lstm } from '../layers/lstm.js';
import { masking } from '../layers/masking.js';
import { add, average, maximum, minimum, multiply, subtract } from '../layers/merge.js';
import { minGRU, minLSTM } from '../layers/min-rnn.js';
import { multiHeadAttention } from '../layers/multi-head-attention.js';
import { permute } from '../layers/permute.js';
import { averagePooling1D, maxPooling1D } from '../layers/pooling.js';
import { repeatVector } from '../layers/repeat-vector.js';
import { reshape } from '../layers/reshape.js';
import { simpleRNN } from '../layers/simple-rnn.js';
import { slstm } from '../layers/slstm.js';
import { spatialDropout1D } from '../layers/spatial-dropout.js';
import { timeDistributed } from '../layers/time-distributed.js';
import { reading } from '../options.js';
import { settle } from '../rules.js';
import { asList, asRecord, checkKnown, refuse } from './config-value.js';
import { model } from './functional.js';
import { graphOf, LAYER_KEYS } from './graph-config.js';
import type { Model } from './model.js';
import { Sequential } from './sequential.js';
import { numericsRule, threadsRule } from './sequential-options.js';

/** What every configuration of a model holds. */
const COMMON = ['className', 'name', 'seed', 'numerics'];

type LayerFunction = (options: never) => Layer<Applied>;

/** Every layer that a configuration may name; those for inputs are made with their graph. */
const layerFunctions: Record<string, LayerFunction> = {
  LSTM: lstm,
  GRU: gru,
  SimpleRNN: simpleRNN,
  IndRNN: indRNN,
  MinGRU: minGRU,
  MinLSTM: minLSTM,
  SLSTM: slstm,
  JordanRNN: jordanRNN,
  Bidirectional: bidirectionalFromConfig,
  TimeDistributed: timeDistributedFromConfig,
  Embedding: embedding,
  Masking: masking,
  Dense: dense,
  Dropout: dropout,
  SpatialDropout1D: spatialDropout1D,
  GaussianNoise: gaussianNoise,
  GaussianDropout: gaussianDropout,
  Concatenate: concatenate,
  Dot: dot,
  Attention: attention,
  AdditiveAttention: additiveAttention,
  Add: add,
  Subtract: subtract,
  Multiply: multiply,
  Average: average,
  Maximum: maximum,
  Minimum: minimum,
  MultiHeadAttention: multiHeadAttention,
  CRF: crf,
  GlobalAveragePooling1D: globalAveragePooling1D,
  GlobalMaxPooling1D: globalMaxPooling1D,
  MaxPooling1D: maxPooling1D,
  AveragePooling1D: averagePooling1D,
  LayerNormalization: layerNormalization,
  Activation: activation,
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeatVector,
  BatchNormalization: batchNormalization,
  Conv1D: conv1D,
};

/** Options of modelFromConfig. */
export interface FromConfigOptions {
  /** Numerics of the model. Default: those of the configuration. */
  numerics?: Numerics | undefined;
  /** Threads that share its passes, as in sequential. Default 1. */
  threads?: number | undefined;
}

/** Of what a configuration does not settle, or what may stand in its place. */
export const fromConfigRules = { numerics: numericsRule, threads: threadsRule };

/**
 * The model that `getConfig` described, with weights drawn anew from its seed.
 * @param config untrusted: every part is checked; keys and layers that nobody looks at are refused.
 * @throws SluiceError 'bad-option' naming the part that does not hold.
 */
export function modelFromConfig(config: unknown, options: FromConfigOptions = {}): Model {
  settle('modelFromConfig', options, fromConfigRules);
  return reading('model configuration', () => modelOf(config, options));
}

function modelOf(config: unknown, options: FromConfigOptions): Model {
  const given = asRecord('model configuration', config);
  if (given.className === 'Sequential') return sequentialOf(given, options);
  if (given.className !== 'Functional') {
    refuse('className', "'Sequential' or 'Functional'", given.className);
  }
  checkKnown('it', given, [...COMMON, 'layers', 'inputLayers', 'outputLayers']);
  const { inputs, outputs } = graphOf(given, layerFromConfig);
  return model({ inputs, outputs, ...identityOf(given, options) });
}

/** modelFromConfig for a stack of layers. */
export function sequentialFromConfig(
  config: unknown,
  overrides: FromConfigOptions = {},
): Sequential {
  settle('sequentialFromConfig', overrides, fromConfigRules);
  return reading('model configuration', () => {
    const given = asRecord('model configuration', config);
    if (given.className !== 'Sequential') refuse('className', "'Sequential'", given.className);
    return sequentialOf(given, overrides);
  });
}

function sequentialOf(given: Record<string, unknown>, options: FromConfigOptions): Sequential {
  checkKnown('it', given, [...COMMON, 'inputShape', 'layers']);
  const shape = given.inputShape ?? undefined;
  const layers = asList('layers', given.layers).map((layer, i) => {
    const where = `layers[${i}]`;
    checkKnown(where, asRecord(where, layer), LAYER_KEYS);
    return layerFromConfig(where, layer, i === 0 ? { inputShape: shape } : {});
  });
  return new Sequential({ layers: layers as Layer[], ...identityOf(given, options) });
}

function identityOf(given: Record<string, unknown>, { numerics, threads }: FromConfigOptions) {
  return {
    seed: given.seed as number,
    name: given.name as string,
    numerics: numerics ?? (given.numerics as Numerics),
    threads,
  };
}

function layerFromConfig(where: string, value: unknown, more: object = {}): Layer<Applied> {
  const { className, name, config } = asRecord(where, value);
  if (typeof className !== 'string' || !Object.hasOwn(layerFunctions, className)) {
    refuseClass(`${where}.className`, className);
  }
  const given = asRecord(`${where}.config`, config);
  for (const key of ['name', 'inputShape']) {
    // the name stands beside it, the shape beside the layers
    if (Object.hasOwn(given, key)) refuse(`${where}.config.${key}`, 'left out', given[key]);
  }
  const options = { ...given, name, ...more };
  return layerFunctions[className as string](options as never);
}

function refuseClass(where: string, found: unknown): never {
  const known = Object.keys(layerFunctions);
  const near = typeof found === 'string' ? nearestName(found, known) : undefined;
  const meant = near === undefined ? '' : `, ${near} perhaps`;
  refuse(where, `the class of one of the ${known.length} layers of sluice${meant}`, found);
}

/** The layer within it is described as those of a model are. */
function timeDistributedFromConfig({ layer, ...options }: Record<string, unknown>): Layer {
  const where = 'layer of TimeDistributed';
  checkKnown(where, asRecord(where, layer), LAYER_KEYS);
  return timeDistributed(layerFromConfig(where, layer) as Layer, options);
}
