// What the poolings of whole sequences have in common: options, and the shape that comes out.
import { nameRule, type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import type { Context, LayerNode } from './node.js';
import { inputShapeRule, type Port, port, type Shape, sequencePort } from './port.js';

/** Options of layers.globalAveragePooling1D and layers.globalMaxPooling1D. */
export interface GlobalPooling1DOptions {
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default: the class, 'global_average_pooling1d', then with '_1' ... */
  name?: string | undefined;
}

const rules = {
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<GlobalPooling1DOptions>;

type Connect = (inputs: readonly Port[], outputs: readonly Port[], context: Context) => LayerNode;

/** A layer [n, T, F] to [n, F]. @param what reads before "needs [timesteps, features]" */
export function globalPooling(
  className: string,
  options: GlobalPooling1DOptions,
  what: string,
  connect: Connect,
): Layer {
  const subject = `layers.${className.charAt(0).toLowerCase()}${className.slice(1)}`;
  const { inputShape, name } = settle(subject, options, rules);
  return new Layer({
    className,
    name,
    inputShape,
    config: {},
    outputs: ([input], label) => [port([sequencePort(label, what, input).features])],
    connect,
  });
}
