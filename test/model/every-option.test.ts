// Every option of the layers of stacks acts, through every door it can be given at: what it changes is seen, and the tables
// below must name each one. Recurrent layers, layers of several inputs, and models and files have theirs beside this.
import {
  type ActivationOptions,
  type AveragePooling1DOptions,
  type BatchNormalizationOptions,
  type Conv1DOptions,
  type CrfOptions,
  constraints,
  type DenseOptions,
  type DropoutOptions,
  type EmbeddingOptions,
  type FlattenOptions,
  type GaussianDropoutOptions,
  type GaussianNoiseOptions,
  type GlobalPooling1DOptions,
  initializers,
  type LayerNormalizationOptions,
  layers,
  type MaskingOptions,
  type PermuteOptions,
  type Pooling1DOptions,
  type RepeatVectorOptions,
  type ReshapeOptions,
  regularizers,
  type SpatialDropout1DOptions,
  type TimeDistributedOptions,
} from 'sluice';
import { expect, it } from 'vitest';
import {
  type Acts,
  doors,
  head,
  inputShape,
  model,
  optionsAct,
  sequences,
} from './option-doors.js';

const dense: Acts<Omit<DenseOptions, 'inputShape'>> = {
  units: [5, 'outputShape'],
  activation: ['tanh', 'outputs'],
  activityRegularizer: ['l2', 'loss'],
  kernelConstraint: ['unitNorm', 'trained'],
  biasConstraint: ['nonNeg', 'trained'],
  kernelRegularizer: ['orthogonal', 'loss'],
  biasRegularizer: [regularizers.l1l2({ l1: 0.1, l2: 0.1 }), 'trained'],
  kernelInitializer: ['randomUniform', 'weights'],
  biasInitializer: ['heNormal', 'weights'],
  useBias: [false, 'names'],
  trainable: [false, 'trained'],
  name: ['head', 'names'],
};
const embedding: Acts<Omit<EmbeddingOptions, 'inputShape'>> = {
  inputDim: [9, 'weights'],
  outputDim: [5, 'weights'],
  embeddingsInitializer: ['randomNormal', 'weights'],
  activityRegularizer: ['l2', 'loss'],
  embeddingsRegularizer: ['l2', 'loss'],
  embeddingsConstraint: [constraints.unitNorm({ axis: -1 }), 'trained'],
  maskZero: [true, 'outputs'],
  trainable: [false, 'trained'],
  name: ['words', 'names'],
};
const crf: Acts<Omit<CrfOptions, 'inputShape' | 'units'>> = {
  decode: ['marginals', 'outputs'],
  transitionInitializer: ['randomNormal', 'weights'],
  transitionRegularizer: ['l1', 'trained'],
  transitionConstraint: ['nonNeg', 'trained'],
  trainable: [false, 'trained'],
  name: ['tags', 'names'],
};
const layerNormalization: Acts<Omit<LayerNormalizationOptions, 'inputShape'>> = {
  epsilon: [0.5, 'outputs'],
  center: [false, 'names'],
  scale: [false, 'names'],
  gammaInitializer: ['randomNormal', 'weights'],
  betaInitializer: ['ones', 'weights'],
  gammaRegularizer: ['l2', 'loss'],
  betaRegularizer: ['l1', 'trained'],
  gammaConstraint: ['unitNorm', 'trained'],
  betaConstraint: [constraints.minMaxNorm({ minValue: 0.5 }), 'trained'],
  trainable: [false, 'trained'],
  name: ['even', 'names'],
};
const batchNormalization: Acts<Omit<BatchNormalizationOptions, 'inputShape'>> = {
  ...layerNormalization,
  momentum: [0.5, 'trained'],
  movingMeanInitializer: ['randomNormal', 'weights'],
  movingVarianceInitializer: [initializers.constant({ value: 2 }), 'weights'],
};
const conv1D: Acts<Omit<Conv1DOptions, 'inputShape'>> = {
  filters: [5, 'outputShape'],
  kernelSize: [3, 'outputShape'],
  strides: [2, 'outputShape'],
  padding: ['causal', 'outputShape'],
  dilationRate: [2, 'outputShape'],
  groups: [3, 'outputs'],
  activation: ['tanh', 'outputs'],
  useBias: [false, 'names'],
  kernelInitializer: ['randomUniform', 'weights'],
  biasInitializer: ['heNormal', 'weights'],
  kernelRegularizer: ['l2', 'loss'],
  biasRegularizer: ['l1', 'trained'],
  activityRegularizer: ['l2', 'loss'],
  kernelConstraint: [constraints.unitNorm({ axis: [0, 1] }), 'trained'],
  biasConstraint: ['unitNorm', 'trained'],
  trainable: [false, 'trained'],
  name: ['filters', 'names'],
};
const masking: Acts<Omit<MaskingOptions, 'inputShape'>> = {
  maskValue: [0.25, 'outputs'],
  name: ['gaps', 'layerNames'],
};
const dropout: Acts<Omit<DropoutOptions, 'inputShape'>> = {
  rate: [0.5, 'loss'],
  seed: [3, 'loss'],
  name: ['holes', 'layerNames'],
};
const activation: Acts<Omit<ActivationOptions, 'inputShape'>> = {
  activation: ['hardSigmoid', 'outputs'],
  name: ['bend', 'layerNames'],
};
const flatten: Acts<Omit<FlattenOptions, 'inputShape'>> = { name: ['row', 'layerNames'] };
const reshape: Acts<Omit<ReshapeOptions, 'inputShape'>> = {
  targetShape: [[2, -1], 'outputShape'],
  name: ['other', 'layerNames'],
};
const permute: Acts<Omit<PermuteOptions, 'inputShape'>> = {
  dims: [[2, 1], 'outputShape'],
  name: ['turn', 'layerNames'],
};
const timeDistributed: Acts<Omit<TimeDistributedOptions, 'inputShape'>> = {
  trainable: [false, 'trained'],
  name: ['each', 'names'],
};
const repeatVector: Acts<Omit<RepeatVectorOptions, 'inputShape'>> = {
  n: [5, 'outputShape'],
  name: ['again', 'layerNames'],
};
const spatialDropout1D: Acts<Omit<SpatialDropout1DOptions, 'inputShape'>> = dropout;
const gaussianDropout: Acts<Omit<GaussianDropoutOptions, 'inputShape'>> = dropout;
const gaussianNoise: Acts<Omit<GaussianNoiseOptions, 'inputShape'>> = {
  stddev: [0.5, 'loss'],
  seed: [3, 'loss'],
  name: ['grain', 'layerNames'],
};

optionsAct({
  'layers.dense': [
    dense,
    (given) => model({ layers: [head(), layers.dense({ units: 2, ...given })] }),
  ],
  'layers.embedding': [
    embedding,
    (given) =>
      model({
        layers: [
          layers.embedding({ inputDim: 7, outputDim: 3, inputShape: [4], ...given }),
          layers.lstm({ units: 2 }),
          layers.dense({ units: 2 }),
        ],
      }),
  ],
  'layers.layerNormalization': [
    layerNormalization,
    (given) =>
      model({
        layers: [layers.layerNormalization({ inputShape, ...given }), layers.lstm({ units: 2 })],
      }),
  ],
  'layers.batchNormalization': [
    batchNormalization,
    (given) =>
      model({
        layers: [layers.batchNormalization({ inputShape, ...given }), layers.lstm({ units: 2 })],
      }),
  ],
  'layers.conv1D': [
    conv1D,
    (given) =>
      model({ layers: [layers.conv1D({ filters: 3, kernelSize: 2, inputShape, ...given })] }),
  ],
  'layers.masking': [
    masking,
    (given) =>
      model({
        layers: [layers.masking({ inputShape, ...given }), layers.lstm({ units: 2 })],
      }),
  ],
  // its units must be the columns of its input
  'layers.crf': [
    crf,
    (given) => model({ layers: [layers.crf({ units: 3, inputShape, ...given })] }),
  ],
  ...Object.fromEntries(
    (['globalAveragePooling1D', 'globalMaxPooling1D'] as const).map((kind) => [
      `layers.${kind}`,
      [
        { name: ['whole', 'layerNames'] } satisfies Acts<
          Omit<GlobalPooling1DOptions, 'inputShape'>
        >,
        (given: object) => model({ layers: [sequences(), layers[kind](given)] }),
      ],
    ]),
  ),
  ...Object.fromEntries(
    (['maxPooling1D', 'averagePooling1D'] as const).map((kind) => [
      `layers.${kind}`,
      [
        {
          poolSize: [2, 'outputs'],
          strides: [1, 'outputShape'],
          padding: ['same', 'outputShape'],
          name: ['windows', 'layerNames'],
        } satisfies Acts<Omit<Pooling1DOptions & AveragePooling1DOptions, 'inputShape'>>,
        (given: object) =>
          // 4 steps: a window of 3, and in 'same' one that stands over the end
          model({ layers: [sequences(), layers[kind]({ poolSize: 3, strides: 3, ...given })] }),
      ],
    ]),
  ),
  'layers.activation': [
    activation,
    (given) => model({ layers: [head(), layers.activation({ activation: 'tanh', ...given })] }),
  ],
  'layers.flatten': [flatten, (given) => model({ layers: [sequences(), layers.flatten(given)] })],
  'layers.reshape': [
    reshape,
    (given) => model({ layers: [sequences(), layers.reshape({ targetShape: [3, 4], ...given })] }),
  ],
  'layers.permute': [
    permute,
    (given) => model({ layers: [sequences(), layers.permute({ dims: [1, 2], ...given })] }),
  ],
  'layers.timeDistributed': [
    timeDistributed,
    (given) =>
      model({ layers: [sequences(), layers.timeDistributed(layers.dense({ units: 2 }), given)] }),
  ],
  'layers.repeatVector': [
    repeatVector,
    (given) => model({ layers: [head(), layers.repeatVector({ n: 2, ...given })] }),
  ],
  'layers.dropout': [
    dropout,
    (given) => model({ layers: [head(), layers.dropout({ rate: 0.2, ...given })] }),
  ],
  'layers.spatialDropout1D': [
    spatialDropout1D,
    (given) => model({ layers: [sequences(), layers.spatialDropout1D({ rate: 0.2, ...given })] }),
  ],
  'layers.gaussianDropout': [
    gaussianDropout,
    (given) => model({ layers: [head(), layers.gaussianDropout({ rate: 0.2, ...given })] }),
  ],
  'layers.gaussianNoise': [
    gaussianNoise,
    (given) => model({ layers: [head(), layers.gaussianNoise({ stddev: 0.2, ...given })] }),
  ],
});

it.each([
  ['layers.lstm', (shape: number[]) => layers.lstm({ units: 1, inputShape: shape })],
  ['layers.gru', (shape: number[]) => layers.gru({ units: 1, inputShape: shape })],
  ['layers.dense', (shape: number[]) => layers.dense({ units: 1, inputShape: shape })],
  ['layers.crf', (shape: number[]) => layers.crf({ units: 2, inputShape: shape })],
  [
    'layers.globalAveragePooling1D',
    (shape: number[]) => layers.globalAveragePooling1D({ inputShape: shape }),
  ],
  [
    'layers.globalMaxPooling1D',
    (shape: number[]) => layers.globalMaxPooling1D({ inputShape: shape }),
  ],
  ['layers.maxPooling1D', (shape: number[]) => layers.maxPooling1D({ inputShape: shape })],
  [
    'layers.averagePooling1D',
    (shape: number[]) => layers.averagePooling1D({ poolSize: 2, inputShape: shape }),
  ],
  [
    'layers.layerNormalization',
    (shape: number[]) => layers.layerNormalization({ inputShape: shape }),
  ],
  [
    'layers.activation',
    (shape: number[]) => layers.activation({ activation: 'relu', inputShape: shape }),
  ],
  [
    'layers.timeDistributed',
    (shape: number[]) => layers.timeDistributed(layers.dense({ units: 1 }), { inputShape: shape }),
  ],
  ['layers.flatten', (shape: number[]) => layers.flatten({ inputShape: shape })],
  ['layers.reshape', (shape: number[]) => layers.reshape({ targetShape: [-1], inputShape: shape })],
  ['layers.permute', (shape: number[]) => layers.permute({ dims: [2, 1], inputShape: shape })],
  [
    'layers.batchNormalization',
    (shape: number[]) => layers.batchNormalization({ inputShape: shape }),
  ],
  [
    'layers.conv1D',
    (shape: number[]) => layers.conv1D({ filters: 2, kernelSize: 2, inputShape: shape }),
  ],
  ['layers.dropout', (shape: number[]) => layers.dropout({ rate: 0, inputShape: shape })],
  [
    'layers.spatialDropout1D',
    (shape: number[]) => layers.spatialDropout1D({ rate: 0, inputShape: shape }),
  ],
  [
    'layers.gaussianDropout',
    (shape: number[]) => layers.gaussianDropout({ rate: 0, inputShape: shape }),
  ],
  [
    'layers.gaussianNoise',
    (shape: number[]) => layers.gaussianNoise({ stddev: 0, inputShape: shape }),
  ],
])('inputShape of %s acts through every door', (_, make) => {
  for (const through of Object.values(doors)) {
    expect(through(model({ layers: [make([7, 2])] })).inputShape).toEqual([7, 2]);
  }
  expect(model({ layers: [make([7, 2])].slice() }).inputShape).toEqual([7, 2]);
  const loose = layers.dense({ units: 1 });
  expect(model({ layers: [loose] }).inputShape).toBeUndefined();
});
