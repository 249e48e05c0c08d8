// The ends of a network: where data go in, and what comes out and is compared with targets.
import { type Kernels, padded } from '../engine/kernels.js';
import { type LayerNode, type View, view } from '../layers/node.js';
import type { Port } from '../layers/port.js';
import type { NumberRange } from './arrays.js';
import type { Stretch } from './batches.js';
import type { Graph } from './graph.js';

/** What data are staged into. */
export interface Entry {
  readonly name: string;
  readonly port: Port;
  readonly view: View;
  /** All of its time. */
  readonly whole: Stretch;
  /** Of an input of integers: which of them a layer takes; undefined: any. */
  readonly range: NumberRange | undefined;
}

/** What comes out, and what it is compared with. */
export interface Head {
  readonly name: string;
  readonly port: Port;
  /** All of its time. */
  readonly whole: Stretch;
  readonly value: number;
  /** Where the output stands once forward has run. */
  readonly output: View;
  readonly target: View;
  /** dL/d output; pointer 0 where nobody wants it. */
  readonly gradient: View;
  /** A weight for each row; pointer 0 where none were given. */
  readonly rowWeights: View;
  /** The node it comes from; undefined for an input that is an output too. */
  readonly node: LayerNode | undefined;
  /** Whether nobody else reads it, so that a loss may take its softmax upon itself. */
  readonly alone: boolean;
  /** Whether the loss of now does. */
  fusesSoftmax: boolean;
}

export function entriesOf(graph: Graph, nodes: readonly LayerNode[], kernels: Kernels): Entry[] {
  const { values } = graph;
  return graph.inputs.map(({ name, value }) => ({
    name,
    port: values[value],
    view: view(strideOf(kernels, values[value])),
    whole: { from: 0, steps: values[value].steps },
    range: rangeOf(graph, nodes, value),
  }));
}

/** What all who read an input take. */
function rangeOf(
  { calls }: Graph,
  nodes: readonly LayerNode[],
  value: number,
): NumberRange | undefined {
  let range: NumberRange | undefined;
  nodes.forEach(({ numbersBelow, name }, i) => {
    if (numbersBelow === undefined || !calls[i].inputs.includes(value)) return;
    if (!range || numbersBelow < range.below) range = { below: numbersBelow, layer: name };
  });
  return range;
}

/** @param views where each value stands */
export function headsOf(
  { outputs, calls, values }: Graph,
  nodes: readonly LayerNode[],
  views: readonly View[],
  kernels: Kernels,
): Head[] {
  const readers = [...calls.flatMap(({ inputs }) => inputs), ...outputs.map((one) => one.value)];
  return outputs.map(({ name, value }) => {
    const stride = strideOf(kernels, values[value]);
    return {
      name,
      port: values[value],
      whole: { from: 0, steps: values[value].steps },
      value,
      output: views[value],
      target: view(stride),
      gradient: view(stride),
      rowWeights: view(1),
      node: nodes.find((_, i) => calls[i].outputs.includes(value)),
      alone: readers.filter((reader) => reader === value).length === 1,
      fusesSoftmax: false,
    };
  });
}

/** Floats from row to row; integers stand without padding. */
export const strideOf = (kernels: Kernels, { dtype, features }: Port): number =>
  dtype === 'int32' ? features : padded(kernels, features);
