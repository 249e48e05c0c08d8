// What a model is and does, and the doors it comes through: every option of layers and models must act through each.
import {
  constraints,
  fromBytes,
  type LstmOptions,
  layers,
  type Model,
  modelFromConfig,
  regularizers,
  type Sequential,
  type SequentialOptions,
  sequential,
  sequentialFromConfig,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { allowRelaxedSimd } from '../support/kernels.js';
import { bitsOf, noise } from '../support/samples.js';

allowRelaxedSimd();

export const floats = noise(8, [4, 3]);
// a step of one number: maskValue
floats.data.fill(0.25, 3, 6);
export const words = tensor(
  Float32Array.from({ length: 32 }, (_, i) => (i * 5) % 7),
  [8, 4],
);

/** What a model is and does: shapes, weights, names, outputs, and outputs while it trains. */
export async function traceOf(model: Sequential) {
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
export type Trace = Awaited<ReturnType<typeof traceOf>>;
export type Part = keyof Trace;

/** The doors through which a described model can come. */
export const doors: Record<string, (model: Sequential) => Sequential> = {
  'its function': (model) => model,
  sequentialFromConfig: (model) =>
    sequentialFromConfig(JSON.parse(JSON.stringify(model.getConfig()))),
  fromBytes: (model) => fromBytes(toBytes(model)),
};

/** For each option: a value unlike the default, and what it must change. */
export type Acts<Options> = {
  readonly [Name in keyof Options]-?: readonly [Options[Name], Part | 'shapes'];
};

export const model = (over: Partial<SequentialOptions>): Sequential =>
  sequential({ layers: [layers.lstm({ units: 3, inputShape: [4, 3] })], ...over });
/** What is asked of weights, of a layer whose state meets none, and of the others. */
export const ruledInput: Acts<
  Pick<
    LstmOptions,
    | 'kernelRegularizer'
    | 'biasRegularizer'
    | 'activityRegularizer'
    | 'kernelConstraint'
    | 'biasConstraint'
  >
> = {
  kernelConstraint: [constraints.maxNorm({ maxValue: 0.5, axis: 1 }), 'trained'],
  biasConstraint: ['unitNorm', 'trained'],
  kernelRegularizer: [regularizers.l1({ l1: 0.1 }), 'loss'],
  biasRegularizer: ['l2', 'loss'],
  activityRegularizer: [{ className: 'L1L2', l1: 0.1, l2: 0.1 }, 'trained'],
};
export const ruled: typeof ruledInput &
  Acts<Pick<LstmOptions, 'recurrentRegularizer' | 'recurrentConstraint'>> = {
  ...ruledInput,
  recurrentConstraint: [{ className: 'MinMaxNorm', maxValue: 0.5, axis: [0, 1] }, 'trained'],
  recurrentRegularizer: [{ className: 'L2', l2: 0.1 }, 'trained'],
};
export const inputShape = [4, 3];
export const head = () => layers.lstm({ units: 3, inputShape });
export const sequences = () => layers.lstm({ units: 3, inputShape, returnSequences: true });
/** What each option must change, and a model that is given some. */
export type Table = readonly [acts: object, make: (given: object) => Sequential];

/** Every option of each table, through every door, changes what it says, and the doors agree. */
export function optionsAct(tables: Record<string, Table>): void {
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
}

/** As traceOf, of a graph that may have several outputs. */
export async function graphTraceOf(model: Model) {
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

export const graphDoors: Record<string, (model: Model) => Model> = {
  'its function': (model) => model,
  modelFromConfig: (model) => modelFromConfig(JSON.parse(JSON.stringify(model.getConfig()))),
  fromBytes: (model) => fromBytes(toBytes(model)),
};
