// What of a graph a stream runs: inputs that are the initial states of layers and nothing else are no inputs of a step, for
// a stream holds these states itself.
import type { Graph } from './graph.js';

/** The same without those inputs, and with layers that begin at zero, or where they are told to. */
export function streamGraph(graph: Graph): Graph {
  const states = initialStates(graph);
  if (states.size === 0) return graph;
  const numbers = new Map<number, number>();
  graph.values.forEach((_, value) => {
    if (!states.has(value)) numbers.set(value, numbers.size);
  });
  const number = (value: number) => numbers.get(value) as number;
  const kept = (values: readonly number[]) => values.filter((value) => numbers.has(value));
  return {
    inputs: graph.inputs
      .filter(({ value }) => numbers.has(value))
      .map(({ name, value }) => ({ name, value: number(value) })),
    outputs: graph.outputs.map(({ name, value }) => ({ name, value: number(value) })),
    layers: graph.layers,
    calls: graph.calls.map(({ layer, inputs, outputs }) => ({
      layer,
      inputs: kept(inputs).map(number),
      outputs: outputs.map(number),
    })),
    values: [...numbers.keys()].map((value) => graph.values[value]),
  };
}

/** Inputs that only layers read which begin in such inputs alone. */
function initialStates({ inputs, outputs, layers, calls, values }: Graph): Set<number> {
  const found = new Set(
    inputs.map(({ value }) => value).filter((value) => !values[value].sequence),
  );
  const lose = (read: readonly number[]) => {
    const before = found.size;
    for (const value of read) found.delete(value);
    return found.size < before;
  };
  lose(outputs.map(({ value }) => value));
  for (let changed = true; changed; ) {
    changed = false;
    for (const { layer, inputs: read } of calls) {
      const begins = layers[layer].layer.states.length > 0;
      const alone = begins && read.slice(1).every((value) => found.has(value));
      if (lose(alone ? read.slice(0, 1) : read)) changed = true;
    }
  }
  return found;
}
