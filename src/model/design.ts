// What a model is before it has memory: its layers, how they are called, and what it is named by.
import type { Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import { input } from '../layers/input.js';
import type { Applied, Layer } from '../layers/layer.js';
import type { Shape } from '../layers/port.js';
import { type Graph, traceGraph } from './graph.js';
import { type NamedLayer, uniqueNames } from './layer-list.js';
import type { Ending } from './losses/loss.js';

/** What every kind of model has. */
export interface Identity {
  readonly name: string;
  readonly seed: number;
  readonly numerics: Numerics;
  /** That share its passes. */
  readonly threads: number;
}

export interface Design extends Identity {
  readonly className: 'Sequential' | 'Functional';
  /** As the model lists them. */
  readonly layers: readonly NamedLayer[];
  /** One an output, by its name. */
  readonly endings: ReadonlyMap<string, Ending>;
  /** Undefined while it depends on the shape of the first x. */
  readonly graph: Graph | undefined;
  /** The graph for samples of that shape; of a model of one input. */
  graphFor(shape: Shape): Graph;
  /** How errors call an input. */
  inputLabel(name: string): string;
  /** Whether predict gives an array of tensors. */
  readonly severalOutputs: boolean;
}

/** The first layer has an inputShape, or the first x settles it. */
export function chainDesign(layers: readonly Layer[], identity: Identity): Design {
  const names = uniqueNames('sequential', layers);
  const last = layers.length - 1;
  const label = `the last layer (${names[last]})`;
  const graphFor = (shape: Shape) => chainGraph(layers, names, shape);
  const { inputShape } = layers[0];
  return {
    ...identity,
    className: 'Sequential',
    layers: layers.map((layer, i) => ({ layer, name: names[i] })),
    endings: new Map([[names[last], endingOf(layers[last], label, true)]]),
    graph: inputShape && graphFor(inputShape),
    graphFor,
    inputLabel: () => `the first layer (${names[0]})`,
    severalOutputs: false,
  };
}

/** A stack of layers is a graph without branches. */
function chainGraph(layers: readonly Layer[], names: readonly string[], inputShape: Shape): Graph {
  const first = input({ shape: inputShape, dtype: layers[0].inputType });
  let value = first;
  layers.forEach((layer, i) => {
    const { outputs } = layer.call([value], `layer ${names[i]}`);
    if (outputs.length > 1) {
      throw new SluiceError(
        'bad-option',
        `sequential: layer ${names[i]} (${layer.className}) has ${outputs.length} outputs, and a stack hands one value on; ` +
          'use model({ inputs, outputs })',
      );
    }
    [value] = outputs;
  });
  return traceGraph([first], [value], (found) =>
    found.map((layer) => names[layers.indexOf(layer as Layer)] ?? INPUT_NAME),
  );
}

/** The input of a stack of layers has no place among their names. */
const INPUT_NAME = 'input_layer';

/** What lies between inputs and outputs. */
export function graphDesign(graph: Graph, identity: Identity): Design {
  const read = graph.calls.flatMap(({ inputs }) => inputs);
  const endings = graph.outputs.map(({ name, value }) => {
    const call = graph.calls.find(({ outputs }) => outputs.includes(value));
    const readers = [...read, ...graph.outputs.map((one) => one.value)];
    const alone = readers.filter((one) => one === value).length === 1;
    const layer = call && graph.layers[call.layer].layer;
    return [name, endingOf(layer, `output '${name}'`, alone)] as const;
  });
  return {
    ...identity,
    className: 'Functional',
    layers: graph.layers,
    endings: new Map(endings),
    graph,
    graphFor: () => graph,
    inputLabel: (name) => `input '${name}'`,
    severalOutputs: graph.outputs.length > 1,
  };
}

const endingOf = (layer: Layer<Applied> | undefined, label: string, alone: boolean): Ending => ({
  className: layer?.className ?? 'an input',
  activation: layer?.activation,
  ownLoss: layer?.ownLoss,
  // a penalty reads it as it is put out
  alone: alone && !layer?.activityPenalty,
  label,
});

const owned = new WeakSet<Layer<Applied>>();

/**
 * Takes the layers with weights into a model. In Keras a layer of two models shares its weights; here every
 * model has a memory of its own, so that cannot be.
 * @throws SluiceError 'bad-option' where one belongs to another model already.
 */
export function claimLayers({ layers, name: model }: Design): void {
  const weighty = layers.filter(({ layer }) => layer.hasWeights);
  const taken = weighty.find(({ layer }) => owned.has(layer));
  if (taken) {
    throw new SluiceError(
      'bad-option',
      `model '${model}': layer ${taken.name} belongs to another model already, and models do not ` +
        'share weights; make a layer of its own for each',
    );
  }
  for (const { layer } of weighty) owned.add(layer);
}
