import type { Numerics } from '../engine/module.js';
import type { Shape } from '../layers/port.js';
import type { Design } from './design.js';
import type { Graph } from './graph.js';

/** A layer as plain data: what its function takes, by the name of its class. */
export interface LayerConfig {
  /** 'LSTM', 'Dense', 'Dropout' ..., as in Keras. */
  readonly className: string;
  /** The name of the layer in its model. */
  readonly name: string;
  /** The options of its function, defaults filled in; `trainable` where it is false. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A value: the name of a layer, which of its calls, and which output of that call. */
export type ValueConfig = readonly [layer: string, call: number, output: number];

/** A layer of a graph, and what it is called on. */
export interface GraphLayerConfig extends LayerConfig {
  /** For each call of the layer the values that go in. */
  readonly inboundNodes: readonly (readonly ValueConfig[])[];
}

/** What every model's configuration holds. */
interface CommonConfig {
  /** The name of the model. */
  readonly name: string;
  /** An integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** 'fast' or 'portable'. */
  readonly numerics: Numerics;
}

/** A stack of layers as plain data. */
export interface SequentialConfig extends CommonConfig {
  /** The kind of model. */
  readonly className: 'Sequential';
  /** null until the model knows it. */
  readonly inputShape: Shape | null;
  /** From input to output. */
  readonly layers: readonly LayerConfig[];
}

/** A graph of layers as plain data, in the manner of Keras. */
export interface FunctionalConfig extends CommonConfig {
  /** The kind of model. */
  readonly className: 'Functional';
  /** Those of its inputs too. */
  readonly layers: readonly GraphLayerConfig[];
  /** The inputs, in order. */
  readonly inputLayers: readonly ValueConfig[];
  /** The outputs, in order. */
  readonly outputLayers: readonly ValueConfig[];
}

/** A model as plain data, fit for JSON. Weights are not in it. */
export type ModelConfig = SequentialConfig | FunctionalConfig;

/** @param graph of a model that knows its input shape. */
export function configOf(design: Design, graph: Graph | undefined): ModelConfig {
  const { name, seed, numerics } = design;
  const common = { name, seed, numerics };
  const layers = design.layers.map(({ layer, name: called }) => ({
    className: layer.className,
    name: called,
    config: {
      ...layer.config,
      ...(layer.hasWeights && !layer.trainable ? { trainable: false } : {}),
    },
  }));
  if (design.className === 'Functional' && graph) {
    return { className: 'Functional', ...common, ...graphConfig(layers, graph) };
  }
  const shape = graph?.values[0].shape;
  return { className: 'Sequential', ...common, inputShape: shape ? [...shape] : null, layers };
}

function graphConfig(layers: readonly LayerConfig[], graph: Graph) {
  const values = new Map<number, ValueConfig>();
  for (const { name, value } of graph.inputs) values.set(value, [name, 0, 0]);
  const counts = layers.map(() => 0);
  for (const { layer, outputs } of graph.calls) {
    const call = counts[layer]++;
    outputs.forEach((value, output) => {
      values.set(value, [layers[layer].name, call, output]);
    });
  }
  const configs = (numbers: readonly number[]) =>
    numbers.map((value) => values.get(value) as ValueConfig);
  return {
    layers: layers.map((layer, index) => ({
      ...layer,
      inboundNodes: graph.calls
        .filter((call) => call.layer === index)
        .map(({ inputs }) => configs(inputs)),
    })),
    inputLayers: configs(graph.inputs.map(({ value }) => value)),
    outputLayers: configs(graph.outputs.map(({ value }) => value)),
  };
}
