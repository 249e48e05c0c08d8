// From values that a user made by calling layers to what a model computes: its calls in an order
// in which each comes after what it reads, its layers in the order of Keras, and a number for
// every value.
import { SluiceError } from '../errors.js';
import { INPUT_LAYER } from '../layers/input.js';
import type { Applied, Call, Layer, SymbolicTensor } from '../layers/layer.js';
import type { Port } from '../layers/port.js';
import { type NamedLayer, uniqueNames } from './layer-list.js';

/** A call of a layer; `inputs` and `outputs` are numbers of values. */
export interface GraphCall {
  /** Which of the graph's layers it calls. */
  readonly layer: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A value that goes in or comes out, by name. */
export interface GraphEnd {
  readonly name: string;
  readonly value: number;
}

export interface Graph {
  /** In the order of `inputs` of model. */
  readonly inputs: readonly GraphEnd[];
  /** In the order of `outputs` of model. */
  readonly outputs: readonly GraphEnd[];
  /** Those for inputs too, in the order of Keras: by their distance from the outputs. */
  readonly layers: readonly NamedLayer[];
  /** Without those for inputs, each after the calls that it reads. */
  readonly calls: readonly GraphCall[];
  /** Every value: what it is. */
  readonly values: readonly Port[];
}

/** Gives each layer its name, in the order of the layers. */
type Naming = (layers: readonly Layer<Applied>[]) => readonly string[];

/**
 * What lies between inputs and outputs. The order of layers, in which weights are listed, is that
 * of Keras 3 (map_graph in keras/src/ops/function.py).
 * @throws SluiceError 'bad-option' where an output depends on a value that is no input.
 */
export function traceGraph(
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  naming: Naming = (layers) => uniqueNames('model', layers),
): Graph {
  const { calls, met } = callsBehind(outputs);
  checkInputsReached(inputs, calls);
  const layers = inKerasOrder(inputs, calls, met);
  const names = naming(layers);
  const indexOf = new Map(layers.map((layer, i) => [layer, i]));
  const nameOf = ({ origin }: SymbolicTensor) => names[indexOf.get(origin.call.layer) as number];
  const numbers = new Map<SymbolicTensor, number>();
  for (const value of inputs) numbers.set(value, numbers.size);
  const computed = calls.filter(({ layer }) => layer.className !== INPUT_LAYER);
  for (const value of computed.flatMap((call) => call.outputs)) numbers.set(value, numbers.size);
  const number = (value: SymbolicTensor) => numbers.get(value) as number;
  const outputNames = distinct(outputs.map(nameOf));
  return {
    inputs: inputs.map((value) => ({ name: nameOf(value), value: number(value) })),
    outputs: outputs.map((value, i) => ({ name: outputNames[i], value: number(value) })),
    layers: layers.map((layer, i) => ({ layer, name: names[i] })),
    calls: computed.map((call) => ({
      layer: indexOf.get(call.layer) as number,
      inputs: call.inputs.map(number),
      outputs: call.outputs.map(number),
    })),
    values: [...numbers.keys()].map(({ origin }) => origin.port),
  };
}

/**
 * Depth first from the outputs: the calls each after those that it reads, and in the order in which
 * they were met.
 */
function callsBehind(outputs: readonly SymbolicTensor[]): { calls: Call[]; met: Call[] } {
  const done = new Set<Call>();
  const met = new Set<Call>();
  // a stack of its own: chains may be longer than the host's
  const pending = outputs.map(({ origin }) => origin.call).reverse();
  for (let call = pending.at(-1); call; call = pending.at(-1)) {
    if (met.has(call)) {
      done.add(call);
      pending.pop();
      continue;
    }
    met.add(call);
    for (const { origin } of [...call.inputs].reverse()) {
      if (!met.has(origin.call)) pending.push(origin.call);
    }
  }
  return { calls: [...done], met: [...met] };
}

function checkInputsReached(inputs: readonly SymbolicTensor[], calls: readonly Call[]): void {
  const given = new Set(inputs.map(({ origin }) => origin.call));
  const missing = calls.find((call) => call.inputs.length === 0 && !given.has(call));
  if (!missing) return;
  const name = missing.layer.name === undefined ? '' : ` '${missing.layer.name}'`;
  throw new SluiceError(
    'bad-option',
    `model: outputs depend on the input${name} of shape ` +
      `[${missing.outputs[0].shape.join(', ')}], which is not among inputs; add it`,
  );
}

/** The largest distance from an output first, then in the order in which they were met. */
function inKerasOrder(
  inputs: readonly SymbolicTensor[],
  calls: readonly Call[],
  met: readonly Call[],
): Layer<Applied>[] {
  const callDepths = new Map<Call, number>();
  const depths = new Map<Layer<Applied>, number>();
  for (const call of [...calls].reverse()) {
    const depth = Math.max(callDepths.get(call) ?? 0, depths.get(call.layer) ?? 0);
    depths.set(call.layer, depth);
    for (const { origin } of call.inputs) {
      callDepths.set(origin.call, Math.max(depth + 1, callDepths.get(origin.call) ?? 0));
    }
  }
  // an input that no output depends on stands before what is met first
  const unused = inputs.map(({ origin }) => origin.call.layer).filter((one) => !depths.has(one));
  for (const layer of unused) depths.set(layer, 0);
  const ranks = new Map<Layer<Applied>, number>();
  for (const { layer } of met) if (!ranks.has(layer)) ranks.set(layer, ranks.size);
  const rank = (layer: Layer<Applied>) => ranks.get(layer) ?? -1;
  const depth = (layer: Layer<Applied>) => depths.get(layer) as number;
  return [...depths.keys()].sort((a, b) => depth(b) - depth(a) || rank(a) - rank(b));
}

/** A layer may give several outputs, or be called for several: 'dense', then 'dense_1' ... */
function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let chosen = name;
    for (let number = 1; taken.has(chosen); number++) chosen = `${name}_${number}`;
    taken.add(chosen);
    return chosen;
  });
}
