import { SluiceError } from '../errors.js';
import { INPUT_LAYER, type InputOptions, input } from '../layers/input.js';
import type { Applied, Layer, SymbolicTensor } from '../layers/layer.js';
import { asList, asRecord, checkKnown, refuse } from './config-value.js';

/** What the configuration of a layer holds; in a graph its inboundNodes too. */
export const LAYER_KEYS = ['className', 'name', 'config'];

/** Makes the layer that stands at a place of the configuration. */
type LayerMaker = (where: string, value: unknown) => Layer<Applied>;

/** What a layer's calls gave so far. */
interface Made {
  readonly where: string;
  readonly layer: Layer<Applied> | undefined;
  readonly calls: (readonly unknown[])[];
  /** Of each call that was made: what came out. */
  readonly outputs: (readonly SymbolicTensor[])[];
}

/**
 * Calls the layers of a graph's configuration as it says. Each call waits until what it reads is
 * there, so that the order of the layers does not matter.
 * @param given untrusted: every part is checked.
 * @throws SluiceError 'bad-option' naming the part that does not hold.
 */
export function graphOf(
  given: Record<string, unknown>,
  makeLayer: LayerMaker,
): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[] } {
  const made = new Map<string, Made>();
  asList('layers', given.layers).forEach((layer, i) => {
    const [name, one] = layerOf(`layers[${i}]`, layer, makeLayer);
    if (made.has(name)) refuse(`layers[${i}].name`, 'a name of its own', name);
    made.set(name, one);
  });
  let waiting = [...made.values()].filter(callsLeft);
  while (waiting.length > 0) {
    const before = waiting.length;
    const calls = waiting.map((one) => callAsFarAsCan(one, made)).some(Boolean);
    waiting = waiting.filter(callsLeft);
    if (!calls && waiting.length === before) {
      const [{ where, calls: list, outputs }] = waiting;
      refuse(
        `${where}.inboundNodes`,
        'values that there are, without a circle',
        list[outputs.length],
      );
    }
  }
  const valuesOf = (key: string): SymbolicTensor[] =>
    asList(key, given[key]).map((value, i) => {
      const where = `${key}[${i}]`;
      return find(where, value, made) ?? refuse(where, 'a value that there is', value);
    });
  const [inputs, outputs] = [valuesOf('inputLayers'), valuesOf('outputLayers')];
  checkAllNeeded([...made.values()], inputs, outputs);
  return { inputs, outputs };
}

/** Layers and calls that make nothing of the model would be passed over, as if they were not there. */
function checkAllNeeded(
  made: readonly Made[],
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): void {
  const needed = new Set([...inputs, ...outputs].map(({ origin }) => origin.call));
  for (const call of needed) for (const { origin } of call.inputs) needed.add(origin.call);
  for (const { where, outputs: results } of made) {
    const isNeeded = ([value]: readonly SymbolicTensor[]) => needed.has(value.origin.call);
    if (!results.some(isNeeded)) throw unneeded(where);
    const call = results.findIndex((one) => !isNeeded(one));
    if (call >= 0) throw unneeded(`${where}.inboundNodes[${call}]`);
  }
}

const unneeded = (where: string): SluiceError =>
  new SluiceError(
    'bad-option',
    `model configuration: nothing among the outputs depends on ${where}; leave it out`,
  );

const callsLeft = ({ calls, outputs }: Made): boolean => outputs.length < calls.length;

function layerOf(where: string, value: unknown, makeLayer: LayerMaker): [string, Made] {
  const given = asRecord(where, value);
  checkKnown(where, given, [...LAYER_KEYS, 'inboundNodes']);
  const { className, name, config, inboundNodes } = given;
  if (typeof name !== 'string') refuse(`${where}.name`, 'a string', name);
  const calls = asList(`${where}.inboundNodes`, inboundNodes).map((call, i) =>
    asList(`${where}.inboundNodes[${i}]`, call),
  );
  if (className !== INPUT_LAYER) {
    const layer = makeLayer(where, value);
    return [name as string, { where, layer, calls, outputs: [] }];
  }
  if (calls.length > 0) refuse(`${where}.inboundNodes`, 'empty for an input', inboundNodes);
  const options = { ...asRecord(`${where}.config`, config), name } as InputOptions;
  return [name as string, { where, layer: undefined, calls, outputs: [[input(options)]] }];
}

/** Makes the calls whose inputs are there, in order; returns whether there were any. */
function callAsFarAsCan(one: Made, made: ReadonlyMap<string, Made>): boolean {
  const { where, layer, calls, outputs } = one;
  const before = outputs.length;
  while (layer && callsLeft(one)) {
    const inputs = calls[outputs.length].map((value, i) =>
      find(`${where}.inboundNodes[${outputs.length}][${i}]`, value, made),
    );
    if (inputs.includes(undefined)) break;
    const given = inputs as SymbolicTensor[];
    const result = layer.applyAll(given);
    outputs.push(Array.isArray(result) ? result : [result]);
  }
  return outputs.length > before;
}

/** The value that [layer, call, output] names; undefined where that call is still to be made. */
function find(
  where: string,
  value: unknown,
  made: ReadonlyMap<string, Made>,
): SymbolicTensor | undefined {
  const [name, call, output] = asList(where, value);
  const one = made.get(name as string);
  if (!one) refuse(where, '[layer, call, output] of a layer that there is', value);
  const { outputs, calls } = one as Made;
  const isIndex = (index: unknown) => Number.isSafeInteger(index) && (index as number) >= 0;
  const most = Math.max(calls.length, 1);
  if (!isIndex(call) || !isIndex(output) || (call as number) >= most) {
    refuse(where, '[layer, call, output] of a call that there is', value);
  }
  const given = outputs[call as number];
  if (!given) return undefined;
  return given[output as number] ?? refuse(where, 'an output that there is', value);
}
