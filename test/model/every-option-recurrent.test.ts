// Every option of recurrent layers acts, through every door; the tables must name each one.
import {
  type BidirectionalOptions,
  type GruOptions,
  model as graphOf,
  type IndRnnOptions,
  initializers,
  input,
  type JordanRnnOptions,
  type LstmOptions,
  layers,
  type MinRnnOptions,
  type SimpleRnnOptions,
  type SlstmOptions,
  type SymbolicTensor,
  type Tensor,
} from 'sluice';
import { expect, it } from 'vitest';
import {
  type Acts,
  floats,
  graphDoors,
  inputShape,
  model,
  optionsAct,
  ruled,
  ruledInput,
} from './option-doors.js';

/** The shape of the first layer, and what stacks do not take: see below. */
type InGraphs = 'inputShape' | 'returnState';

const common: Acts<Omit<MinRnnOptions, InGraphs | 'activation'>> = {
  dropout: [0.5, 'loss'],
  seed: [3, 'loss'],
  zoneoutHidden: [0.5, 'outputs'],
  units: [5, 'outputShape'],
  returnSequences: [true, 'outputShape'],
  goBackwards: [true, 'outputs'],
  // the step begins in what predict has left
  stateful: [true, 'loss'],
  useBias: [false, 'names'],
  ...ruledInput,
  kernelInitializer: [initializers.randomNormal({ stddev: 0.5, seed: 7 }), 'weights'],
  biasInitializer: [{ className: 'Constant', value: 0.5 }, 'weights'],
  trainable: [false, 'trained'],
  name: ['front', 'names'],
};
const recurrentInitializer = ['glorotUniform', 'weights'] as const;
/** Of those whose state meets a matrix. */
const matrix: Acts<Omit<SimpleRnnOptions, InGraphs | 'activation'>> = {
  ...common,
  ...ruled,
  recurrentInitializer,
  recurrentDropout: [0.5, 'loss'],
  weightDrop: [0.5, 'loss'],
};
const lstm: Acts<Omit<LstmOptions, InGraphs>> = {
  ...matrix,
  zoneoutCell: [0.5, 'outputs'],
  unitForgetBias: [false, 'weights'],
  variant: ['noOutputActivation', 'outputs'],
  projectionUnits: [2, 'outputShape'],
  layerNorm: [true, 'weights'],
  activation: ['relu', 'outputs'],
  recurrentActivation: ['hardSigmoid', 'outputs'],
};
const gru: Acts<Omit<GruOptions, InGraphs>> = {
  ...matrix,
  resetAfter: [false, 'weights'],
  activation: ['relu', 'outputs'],
  recurrentActivation: ['hardSigmoid', 'outputs'],
};
const simpleRNN: Acts<Omit<SimpleRnnOptions, InGraphs>> = {
  ...matrix,
  activation: ['relu', 'outputs'],
};
const indRNN: Acts<Omit<IndRnnOptions, InGraphs>> = {
  ...common,
  ...ruled,
  recurrentInitializer,
  activation: ['tanh', 'outputs'],
};
const jordanRNN: Acts<Omit<JordanRnnOptions, InGraphs>> = {
  ...matrix,
  hiddenUnits: [4, 'weights'],
  activation: ['sigmoid', 'outputs'],
  outputActivation: ['sigmoid', 'outputs'],
};
const minRNN: Acts<Omit<MinRnnOptions, InGraphs>> = {
  ...common,
  activation: ['positive', 'outputs'],
};
const slstm: Acts<Omit<SlstmOptions, InGraphs>> = {
  ...matrix,
  units: [6, 'outputShape'],
  numHeads: [3, 'weights'],
  forgetActivation: ['exponential', 'outputs'],
  unitForgetBias: [false, 'weights'],
};
const bidirectional: Acts<Omit<BidirectionalOptions, 'inputShape'>> = {
  mergeMode: ['sum', 'outputShape'],
  backwardLayer: [layers.gru({ units: 3, goBackwards: true }), 'names'],
  trainable: [false, 'trained'],
  name: ['both', 'names'],
};

optionsAct({
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
  'layers.bidirectional': [
    bidirectional,
    (given) =>
      model({ layers: [layers.bidirectional(layers.lstm({ units: 3, inputShape }), given)] }),
  ],
});

it.each([
  ...(
    ['lstm', 'gru', 'simpleRNN', 'jordanRNN', 'indRNN', 'minGRU', 'minLSTM', 'slstm'] as const
  ).map((kind) => [kind, (given: object) => layers[kind]({ units: 3, ...given })] as const),
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
