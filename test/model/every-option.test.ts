// Every option of layers, models and model files, through every door it can be given at, acts:
// what it changes is seen, and the tables below must name each one.
import {
  type ActivationOptions,
  type AdditiveAttentionOptions,
  type AttentionOptions,
  type AveragePooling1DOptions,
  type BatchNormalizationOptions,
  type BidirectionalOptions,
  type Conv1DOptions,
  type CrfOptions,
  constraints,
  type DenseOptions,
  type DotOptions,
  type DropoutOptions,
  type EmbeddingOptions,
  type FlattenOptions,
  fromBytes,
  type GaussianDropoutOptions,
  type GaussianNoiseOptions,
  type GlobalPooling1DOptions,
  type GruOptions,
  model as graphOf,
  type IndRnnOptions,
  initializers,
  input,
  type JordanRnnOptions,
  type LayerNormalizationOptions,
  type LoadOptions,
  type LstmOptions,
  layers,
  type MaskingOptions,
  type MinRnnOptions,
  type Model,
  type MultiHeadAttentionOptions,
  modelFromConfig,
  type PermuteOptions,
  type Pooling1DOptions,
  type RepeatVectorOptions,
  type ReshapeOptions,
  readModelFile,
  regularizers,
  type SaveOptions,
  type Sequential,
  type SequentialOptions,
  type SimpleRnnOptions,
  type SlstmOptions,
  type SpatialDropout1DOptions,
  type SymbolicTensor,
  sequential,
  sequentialFromConfig,
  type Tensor,
  type TimeDistributedOptions,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { allowRelaxedSimd } from '../support/kernels.js';
import { bitsOf, noise } from '../support/samples.js';

allowRelaxedSimd();

const floats = noise(8, [4, 3]);
// a step of one number: maskValue
floats.data.fill(0.25, 3, 6);
const words = tensor(
  Float32Array.from({ length: 32 }, (_, i) => (i * 5) % 7),
  [8, 4],
);

/** What a model is and does: shapes, weights, names, outputs, and outputs while it trains. */
async function traceOf(model: Sequential) {
  const x = model.inputShape?.length === 1 ? words : floats;
  const weights = bitsOf(model.getWeights());
  const outputs = bitsOf([await model.predict(x)]);
  const tags = model.layers.at(-1)?.className === 'CRF';
  model.compile({ optimizer: 'sgd', loss: tags ? 'crfNegativeLogLikelihood' : 'mse' });
  const shape = [8, ...(tags ? [4] : (model.outputShape ?? []))];
  const y = { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
  // twice: biases begin at 0, where a penalty has no gradient
  await model.trainOnBatch(x, y);
  const { loss } = await model.trainOnBatch(x, y);
  const names = model.weightSpecs.map(({ name }) => name);
  const { name, numerics, build, outputShape, layers: stack } = model;
  const trained = bitsOf(model.getWeights());
  return {
    weights,
    outputs,
    loss,
    trained,
    names,
    name,
    numerics,
    build,
    outputShape,
    layerNames: stack.map((layer) => layer.name),
  };
}
type Trace = Awaited<ReturnType<typeof traceOf>>;
type Part = keyof Trace;

/** The doors through which a described model can come. */
const doors: Record<string, (model: Sequential) => Sequential> = {
  'its function': (model) => model,
  sequentialFromConfig: (model) =>
    sequentialFromConfig(JSON.parse(JSON.stringify(model.getConfig()))),
  fromBytes: (model) => fromBytes(toBytes(model)),
};

/** For each option: a value unlike the default, and what it must change. */
type Acts<Options> = {
  readonly [Name in keyof Options]-?: readonly [Options[Name], Part | 'shapes'];
};

const model = (over: Partial<SequentialOptions>): Sequential =>
  sequential({ layers: [layers.lstm({ units: 3, inputShape: [4, 3] })], ...over });

/** What is asked of weights, of a layer whose state meets none, and of the others. */
const ruledInput: Acts<
  Pick<LstmOptions, 'kernelRegularizer' | 'biasRegularizer' | 'kernelConstraint' | 'biasConstraint'>
> = {
  kernelConstraint: [constraints.maxNorm({ maxValue: 0.5, axis: 1 }), 'trained'],
  biasConstraint: ['unitNorm', 'trained'],
  kernelRegularizer: [regularizers.l1({ l1: 0.1 }), 'loss'],
  biasRegularizer: ['l2', 'loss'],
};
const ruled: typeof ruledInput &
  Acts<Pick<LstmOptions, 'recurrentRegularizer' | 'recurrentConstraint'>> = {
  ...ruledInput,
  recurrentConstraint: [{ className: 'MinMaxNorm', maxValue: 0.5, axis: [0, 1] }, 'trained'],
  recurrentRegularizer: [{ className: 'L2', l2: 0.1 }, 'trained'],
};
/** The shape of the first layer, and what stacks do not take: see below. */
type InGraphs = 'inputShape' | 'returnState';

const drops = { dropout: [0.5, 'loss'], seed: [3, 'loss'] } as const;
const stateDrops = {
  ...drops,
  recurrentDropout: [0.5, 'loss'],
  weightDrop: [0.5, 'loss'],
  zoneoutHidden: [0.5, 'outputs'],
} as const;
const lstm: Acts<Omit<LstmOptions, InGraphs>> = {
  ...stateDrops,
  zoneoutCell: [0.5, 'outputs'],
  units: [5, 'outputShape'],
  returnSequences: [true, 'outputShape'],
  goBackwards: [true, 'outputs'],
  // the step begins in what predict has left
  stateful: [true, 'loss'],
  ...ruled,
  kernelInitializer: [initializers.randomNormal({ stddev: 0.5, seed: 7 }), 'weights'],
  biasInitializer: [{ className: 'Constant', value: 0.5 }, 'weights'],
  recurrentInitializer: ['glorotUniform', 'weights'],
  unitForgetBias: [false, 'weights'],
  variant: ['noOutputActivation', 'outputs'],
  projectionUnits: [2, 'outputShape'],
  layerNorm: [true, 'weights'],
  activation: ['relu', 'outputs'],
  recurrentActivation: ['hardSigmoid', 'outputs'],
  useBias: [false, 'names'],
  trainable: [false, 'trained'],
  name: ['front', 'names'],
};
const gru: Acts<Omit<GruOptions, InGraphs>> = {
  ...drops,
  recurrentDropout: [0.5, 'loss'],
  weightDrop: [0.5, 'loss'],
  units: [5, 'outputShape'],
  returnSequences: [true, 'outputShape'],
  goBackwards: [true, 'outputs'],
  // the step begins in what predict has left
  stateful: [true, 'loss'],
  resetAfter: [false, 'weights'],
  ...ruled,
  kernelInitializer: [initializers.randomNormal({ stddev: 0.5, seed: 7 }), 'weights'],
  biasInitializer: [{ className: 'Constant', value: 0.5 }, 'weights'],
  recurrentInitializer: ['glorotUniform', 'weights'],
  trainable: [false, 'trained'],
  name: ['front', 'names'],
  activation: ['relu', 'outputs'],
  recurrentActivation: ['hardSigmoid', 'outputs'],
  useBias: [false, 'names'],
};
const simpleRNN: Acts<Omit<SimpleRnnOptions, InGraphs>> = {
  ...stateDrops,
  units: [5, 'outputShape'],
  returnSequences: [true, 'outputShape'],
  goBackwards: [true, 'outputs'],
  // the step begins in what predict has left
  stateful: [true, 'loss'],
  activation: ['relu', 'outputs'],
  useBias: [false, 'names'],
  ...ruled,
  kernelInitializer: [initializers.randomNormal({ stddev: 0.5, seed: 7 }), 'weights'],
  biasInitializer: [{ className: 'Constant', value: 0.5 }, 'weights'],
  recurrentInitializer: ['glorotUniform', 'weights'],
  trainable: [false, 'trained'],
  name: ['front', 'names'],
};
const {
  recurrentDropout: _recurrent,
  weightDrop: _weights,
  zoneoutHidden: _zoneout,
  ...vectorRNN
} = simpleRNN;
const indRNN: Acts<Omit<IndRnnOptions, InGraphs>> = {
  ...vectorRNN,
  activation: ['tanh', 'outputs'],
};
const jordanRNN: Acts<Omit<JordanRnnOptions, InGraphs>> = {
  ...vectorRNN,
  hiddenUnits: [4, 'weights'],
  activation: ['sigmoid', 'outputs'],
  outputActivation: ['sigmoid', 'outputs'],
};
const minRNN: Acts<Omit<MinRnnOptions, InGraphs>> = {
  ...drops,
  units: [5, 'outputShape'],
  returnSequences: [true, 'outputShape'],
  goBackwards: [true, 'outputs'],
  // the step begins in what predict has left
  stateful: [true, 'loss'],
  activation: ['positive', 'outputs'],
  useBias: [false, 'names'],
  ...ruledInput,
  kernelInitializer: [initializers.randomNormal({ stddev: 0.5, seed: 7 }), 'weights'],
  biasInitializer: [{ className: 'Constant', value: 0.5 }, 'weights'],
  trainable: [false, 'trained'],
  name: ['front', 'names'],
};
const slstm: Acts<Omit<SlstmOptions, InGraphs>> = {
  ...drops,
  units: [6, 'outputShape'],
  returnSequences: [true, 'outputShape'],
  goBackwards: [true, 'outputs'],
  // the step begins in what predict has left
  stateful: [true, 'loss'],
  numHeads: [3, 'weights'],
  forgetActivation: ['exponential', 'outputs'],
  unitForgetBias: [false, 'weights'],
  useBias: [false, 'names'],
  ...ruled,
  kernelInitializer: ['randomNormal', 'weights'],
  recurrentInitializer: ['glorotUniform', 'weights'],
  biasInitializer: [{ className: 'Constant', value: 0.5 }, 'weights'],
  trainable: [false, 'trained'],
  name: ['front', 'names'],
};
const dense: Acts<Omit<DenseOptions, 'inputShape'>> = {
  units: [5, 'outputShape'],
  activation: ['tanh', 'outputs'],
  kernelConstraint: ['unitNorm', 'trained'],
  biasConstraint: ['nonNeg', 'trained'],
  kernelRegularizer: ['orthogonal', 'loss'],
  biasRegularizer: [regularizers.l1l2({ l1: 0.1, l2: 0.1 }), 'trained'],
  kernelInitializer: ['randomUniform', 'weights'],
  biasInitializer: ['heNormal', 'weights'],
  trainable: [false, 'trained'],
  name: ['head', 'names'],
};
const embedding: Acts<Omit<EmbeddingOptions, 'inputShape'>> = {
  inputDim: [9, 'weights'],
  outputDim: [5, 'weights'],
  embeddingsInitializer: ['randomNormal', 'weights'],
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
const bidirectional: Acts<Omit<BidirectionalOptions, 'inputShape'>> = {
  mergeMode: ['sum', 'outputShape'],
  backwardLayer: [layers.gru({ units: 3, goBackwards: true }), 'names'],
  trainable: [false, 'trained'],
  name: ['both', 'names'],
};
const layerNormalization: Acts<Omit<LayerNormalizationOptions, 'inputShape'>> = {
  epsilon: [0.5, 'outputs'],
  center: [false, 'names'],
  scale: [false, 'names'],
  gammaInitializer: ['randomNormal', 'weights'],
  betaInitializer: ['ones', 'weights'],
  gammaRegularizer: ['l2', 'loss'],
  betaRegularizer: ['l1', 'trained'],
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
  activation: ['tanh', 'outputs'],
  useBias: [false, 'names'],
  kernelInitializer: ['randomUniform', 'weights'],
  biasInitializer: ['heNormal', 'weights'],
  kernelRegularizer: ['l2', 'loss'],
  biasRegularizer: ['l1', 'trained'],
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
// threads: test/model/threads.node.test.ts; how a model runs is not in its configuration
const whole: Acts<Omit<SequentialOptions, 'layers' | 'threads'>> = {
  seed: [3, 'weights'],
  numerics: ['portable', 'numerics'],
  name: ['births', 'name'],
};

const inputShape = [4, 3];
const head = () => layers.lstm({ units: 3, inputShape });
const sequences = () => layers.lstm({ units: 3, inputShape, returnSequences: true });
const tables: Record<string, [acts: object, make: (given: object) => Sequential]> = {
  'layers.lstm': [
    lstm,
    (given) => model({ layers: [layers.lstm({ units: 3, inputShape, dropout: 0.2, ...given })] }),
  ],
  'layers.gru': [
    gru,
    (given) => model({ layers: [layers.gru({ units: 3, inputShape, dropout: 0.2, ...given })] }),
  ],
  ...Object.fromEntries(
    (
      [
        ['simpleRNN', simpleRNN],
        ['indRNN', indRNN],
        ['jordanRNN', jordanRNN],
        ['minGRU', minRNN],
        ['minLSTM', minRNN],
        ['slstm', slstm],
      ] as const
    ).map(([kind, acts]) => [
      `layers.${kind}`,
      [
        acts,
        (given: object) =>
          model({ layers: [layers[kind]({ units: 3, inputShape, dropout: 0.2, ...given })] }),
      ],
    ]),
  ),
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
  'layers.bidirectional': [
    bidirectional,
    (given) =>
      model({ layers: [layers.bidirectional(layers.lstm({ units: 3, inputShape }), given)] }),
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
      model({ layers: [layers.conv1D({ filters: 2, kernelSize: 2, inputShape, ...given })] }),
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
  sequential: [whole, model],
};

describe.each(Object.keys(tables))('%s', (subject) => {
  const [acts, make] = tables[subject];
  const cases = Object.entries<readonly [unknown, keyof Trace]>(acts as never);

  it.each(cases)('%s acts through every door', async (option, [value, part]) => {
    const usual = await traceOf(make({}));
    for (const [door, through] of Object.entries(doors)) {
      const other = await traceOf(through(make({ [option]: value })));
      expect(other[part], `${option} through ${door}`).not.toEqual(usual[part]);
      // and through each door it is the same model
      expect(other).toEqual(await traceOf(make({ [option]: value })));
    }
  });
});

const attention: Acts<AttentionOptions> = {
  seed: [9, 'loss'],
  useScale: [true, 'names'],
  scoreMode: ['concat', 'outputs'],
  dropout: [0.5, 'loss'],
  useCausalMask: [true, 'outputs'],
  returnAttentionScores: [true, 'shapes'],
  trainable: [false, 'trained'],
  name: ['look', 'layerNames'],
};
const additiveAttention: Acts<AdditiveAttentionOptions> = {
  seed: [9, 'loss'],
  useScale: [false, 'names'],
  dropout: [0.5, 'loss'],
  useCausalMask: [true, 'outputs'],
  returnAttentionScores: [true, 'shapes'],
  trainable: [false, 'trained'],
  name: ['look', 'layerNames'],
};
const multiHeadAttention: Acts<MultiHeadAttentionOptions> = {
  seed: [9, 'loss'],
  numHeads: [3, 'weights'],
  keyDim: [5, 'weights'],
  valueDim: [4, 'weights'],
  dropout: [0.5, 'loss'],
  useBias: [false, 'names'],
  outputShape: [5, 'shapes'],
  useCausalMask: [true, 'outputs'],
  trainable: [false, 'trained'],
  name: ['look', 'layerNames'],
};
const dot: Acts<DotOptions> = {
  axes: [1, 'shapes'],
  normalize: [true, 'outputs'],
  name: ['products', 'layerNames'],
};

/** A layer of two inputs, both after the same LSTM. */
function pairOf(layer: { apply(inputs: readonly SymbolicTensor[]): unknown }): Model {
  const given = input({ shape: inputShape });
  const read = layers.lstm({ units: 3, returnSequences: true }).apply(given);
  return graphOf({ inputs: given, outputs: layer.apply([read, read]) as SymbolicTensor });
}

/** As traceOf, of a graph that may have several outputs. */
async function graphTraceOf(model: Model) {
  const list = <T>(one: T | readonly T[]) => [one].flat() as T[];
  const weights = bitsOf(model.getWeights());
  const found = list(await model.predict(floats)) as { data: Float32Array; shape: number[] }[];
  const shapes = found.map(({ shape }) => shape);
  model.compile({ optimizer: 'sgd', loss: found.map(() => 'mse' as const) as never });
  const targets = shapes.map((shape) => noise(8, shape.slice(1), 5));
  const { loss } = await model.trainOnBatch(floats, targets.length > 1 ? targets : targets[0]);
  const names = model.weightSpecs.map(({ name }) => name);
  const layerNames = model.layers.map((layer) => layer.name);
  const trained = bitsOf(model.getWeights());
  return { weights, outputs: bitsOf(found), shapes, loss, trained, names, layerNames };
}

const graphDoors: Record<string, (model: Model) => Model> = {
  'its function': (model) => model,
  modelFromConfig: (model) => modelFromConfig(JSON.parse(JSON.stringify(model.getConfig()))),
  fromBytes: (model) => fromBytes(toBytes(model)),
};

describe.each([
  ['layers.attention', attention, { useScale: true }, layers.attention],
  ['layers.additiveAttention', additiveAttention, {}, layers.additiveAttention],
  [
    'layers.multiHeadAttention',
    multiHeadAttention,
    { numHeads: 2, keyDim: 3 },
    layers.multiHeadAttention,
  ],
  ['layers.dot', dot, { axes: 2 }, layers.dot],
] as const)('%s', (_, acts, usual, make) => {
  const build = (given: object) => pairOf((make as (options: object) => never)(given));
  const cases = Object.entries<readonly [unknown, string]>(acts as never);

  it.each(cases)('%s acts through every door', async (option, [value, part]) => {
    const drops = option === 'seed' && { dropout: 0.5 };
    const base = option === 'useScale' ? {} : { ...usual, ...drops };
    const before = (await graphTraceOf(build(base))) as Record<string, unknown>;
    for (const [door, through] of Object.entries(graphDoors)) {
      const other = await graphTraceOf(through(build({ ...base, [option]: value })));
      expect((other as typeof before)[part], `${option} through ${door}`).not.toEqual(before[part]);
      expect(other).toEqual(await graphTraceOf(build({ ...base, [option]: value })));
    }
  });
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

it.each([
  ...(['lstm', 'gru', 'simpleRNN', 'indRNN', 'minGRU', 'minLSTM', 'slstm'] as const).map(
    (kind) => [kind, (given: object) => layers[kind]({ units: 3, ...given })] as const,
  ),
  [
    'bidirectional',
    ({ name, ...given }: { name?: string; returnState?: boolean }) =>
      layers.bidirectional(layers.gru({ units: 3, ...given }), { name }),
  ],
] as const)('returnState of layers.%s and initialState of its apply act', async (_, make) => {
  const giving = () => {
    const x = input({ shape: inputShape });
    return graphOf({ inputs: x, outputs: [...make({ returnState: true }).applyWithStates(x)] });
  };
  const begins = (given: boolean) => {
    const x = input({ shape: inputShape });
    const [, ...states] = make({ returnState: true, name: 'first' }).applyWithStates(x);
    const initialState: SymbolicTensor[] | undefined = given ? states : undefined;
    const last = make({ name: 'last' }).apply(x, { initialState });
    return graphOf({ inputs: x, outputs: [last, ...states] });
  };
  const drawn = begins(true);
  const weights = new Map(drawn.getWeights().map((w, i) => [drawn.weightSpecs[i].name, w]));
  for (const [door, through] of Object.entries(graphDoors)) {
    const outputs = (await through(giving()).predict(floats)) as Tensor[];
    expect(outputs.length, door).toBeGreaterThan(1);
    for (const { shape } of outputs.slice(1)) expect(shape).toEqual([8, 3]);
    const [one, plain] = [through(begins(true)), through(begins(false))];
    for (const made of [one, plain]) {
      made.setWeights(made.weightSpecs.map(({ name }) => weights.get(name) as Tensor));
    }
    const [found, usual] = [await one.predict(floats), await plain.predict(floats)];
    expect((found as Tensor[])[0], door).not.toEqual((usual as Tensor[])[0]);
    expect((found as Tensor[]).slice(1)).toEqual((usual as Tensor[]).slice(1));
  }
});

it('layers of sequential act through every door', () => {
  const stack = () => [head(), layers.dropout({ rate: 0.5 }), layers.dense({ units: 2 })];
  for (const through of Object.values(doors)) {
    const names = through(model({ layers: stack() })).layers.map(({ className }) => className);
    expect(names).toEqual(['LSTM', 'Dropout', 'Dense']);
  }
});

it('the build follows numerics through every door', () => {
  for (const through of Object.values(doors)) {
    expect(through(model({ numerics: 'portable' })).build).toBe('simd');
    expect(through(model({ numerics: 'fast' })).build).toBe('relaxed-simd');
  }
});

describe('files', () => {
  const compiled = () => {
    const made = model({});
    made.compile({ optimizer: 'adam', loss: 'mse' });
    return made;
  };
  const save: Record<keyof SaveOptions, () => void> = {
    preprocessing: () => {
      const bytes = toBytes(compiled(), { preprocessing: { mean: 3 } });
      expect(readModelFile(bytes).preprocessing).toEqual({ mean: 3 });
      expect(fromBytes(bytes).preprocessing).toEqual({ mean: 3 });
      expect(readModelFile(toBytes(compiled())).preprocessing).toBeUndefined();
    },
    includeOptimizer: () => {
      const without = toBytes(compiled(), { includeOptimizer: false });
      expect(readModelFile(without).training).toBeUndefined();
      for (const includeOptimizer of [true, undefined]) {
        const bytes = toBytes(compiled(), { includeOptimizer });
        expect(readModelFile(bytes).training?.optimizer.className).toBe('Adam');
        expect(fromBytes(bytes).optimizer.className).toBe('Adam');
      }
    },
  };
  const load: Record<keyof LoadOptions, () => void> = {
    numerics: () => {
      const bytes = toBytes(model({ numerics: 'portable' }));
      expect(fromBytes(bytes).numerics).toBe('portable');
      expect(fromBytes(bytes, { numerics: 'fast' }).build).toBe('relaxed-simd');
      const config = model({ numerics: 'fast' }).getConfig();
      expect(sequentialFromConfig(config, { numerics: 'portable' }).build).toBe('simd');
    },
    threads: () => {
      const made = model({ threads: 2 });
      for (const one of [
        fromBytes(toBytes(made), { threads: 2 }),
        sequentialFromConfig(made.getConfig(), { threads: 2 }),
      ]) {
        expect(one.threads).toBe(made.threads);
        one.dispose();
      }
      // how it runs is no part of what it is
      const again = fromBytes(toBytes(made));
      expect(again.threads).toBe(1);
      made.dispose();
    },
  };

  it.each(Object.entries(save))('%s of toBytes acts', (_, check) => check());
  it.each(Object.entries(load))('%s of fromBytes acts', (_, check) => check());
});
