// Graphs that a script of test/fixtures/keras describes: the model of the same layers, and its gradients.
import { input, layers, type Model, model, optimizers, type SymbolicTensor, tensor } from 'sluice';

export interface GraphCase {
  readonly title: string;
  readonly n: number;
  readonly inputs: readonly { name: string; shape: number[]; dtype: string; data: number[] }[];
  readonly calls: readonly { name: string; kind: string; options: object; of: string[] }[];
  readonly weights: readonly { name: string; shape: number[]; data: number[] }[];
  readonly outputShape: number[];
  readonly target: number[];
}

type Maker = (options: object) => {
  apply(of: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor;
};

export const takesSeveral = (kind: string): boolean =>
  ['add', 'subtract', 'multiply', 'average', 'maximum', 'minimum', 'concatenate'].includes(kind);

/** The model of a case, with its weights. */
export function graphModel(one: GraphCase): Model {
  const values = new Map<string, SymbolicTensor>();
  for (const { name, shape, dtype } of one.inputs) {
    values.set(name, input({ name, shape, dtype: dtype as 'int32' | 'float32' }));
  }
  const inputs = [...values.values()];
  const get = (name: string) => values.get(name) as SymbolicTensor;
  for (const { name, kind, options, of } of one.calls) {
    const layer = (layers as unknown as Record<string, Maker>)[kind]({ name, ...options });
    values.set(name, layer.apply(takesSeveral(kind) ? of.map(get) : get(of[0])));
  }
  const made = model({
    inputs,
    outputs: get((one.calls.at(-1) as { name: string }).name),
    numerics: 'portable',
  });
  made.setWeights(inOrderOf(made, one, one.weights).map(({ data, shape }) => tensor(data, shape)));
  return made;
}

const layerOf = ({ name }: { readonly name: string }): string => name.split('/')[0];

/**
 * One value for each weight of a case, in the order of the model. Where masks come together Keras has operations of its own in
 * the graph, which other layers do not know of, and its order of layers is another one.
 */
export function inOrderOf<T>(made: Model, { weights }: GraphCase, values: readonly T[]): T[] {
  const layerNames = [...new Set(made.weightSpecs.map(layerOf))];
  return layerNames.flatMap((name) => values.filter((_, i) => layerOf(weights[i]) === name));
}

/** What it is handed: one tensor, or several. */
export const graphData = ({ n, inputs }: GraphCase) =>
  inputs.length === 1
    ? tensor(inputs[0].data, [n, ...inputs[0].shape])
    : inputs.map(({ data, shape }) => tensor(data, [n, ...shape]));

/** The loss, and its gradients by all weights: what a step of SGD with learning rate 1 takes from them. */
export async function graphGradients(made: Model, one: GraphCase) {
  made.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss: 'mse' });
  const before = made.getWeights();
  const x = graphData(one);
  const { loss } = await made.trainOnBatch(x, tensor(one.target, one.outputShape));
  const gradients = made
    .getWeights()
    .map(({ data }, i) => data.map((value, j) => before[i].data[j] - value));
  return { loss, gradients };
}
