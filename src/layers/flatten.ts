import { nameRule, type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import { floatPort, inputShapeRule, port, type Shape } from './port.js';
import { RearrangingNode } from './rearranging.js';

/** Options of layers.flatten. */
export interface FlattenOptions {
  /**
   * [features] or [timesteps, features], for the first layer alone. Default: settled by the first
   * x.
   */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'flatten', then 'flatten_1' ... */
  name?: string | undefined;
}

const rules = { inputShape: inputShapeRule, name: nameRule } satisfies Rules<FlattenOptions>;

/**
 * All numbers of a sample in one row, step by step, as Keras' Flatten: [n, T, F] gives [n, T F].
 * Masked steps are refused where they come in ('bad-option').
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function flatten(options: FlattenOptions = {}): Layer {
  const { inputShape, name } = settle('layers.flatten', options, rules);
  return new Layer({
    className: 'Flatten',
    name,
    inputShape,
    config: {},
    outputs: ([input], label) => {
      const { steps, features } = floatPort(label, input);
      return [port([steps * features])];
    },
    connect: (inputs, outputs, context) =>
      new RearrangingNode('Flatten', 'inOrder', inputs, outputs, context),
  });
}
