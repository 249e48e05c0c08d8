import { SluiceError } from '../errors.js';
import { nameRule, type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import { floatPort, inputShapeRule, type Port, port, portText, type Shape } from './port.js';
import { RearrangingNode } from './rearranging.js';

/** Options of layers.permute, named as in Keras. */
export interface PermuteOptions {
  /** Which axis comes first, which second, counted from 1: [2, 1], [1, 2] or [1]. Required. */
  dims: readonly number[];
  /**
   * [features] or [timesteps, features], for the first layer alone. Default: settled by the first
   * x.
   */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'permute', then 'permute_1' ... */
  name?: string | undefined;
}

const rules = {
  dims: {
    expected: '[2, 1], [1, 2] or [1]',
    holds: (value: unknown) =>
      Array.isArray(value) &&
      value.every(Number.isInteger) &&
      ['2,1', '1,2', '1'].includes(value.join()),
    kept: (value: unknown) => [...(value as number[])],
    required: true,
  },
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<PermuteOptions>;

/**
 * The axes of a sample in another order, as Keras' Permute: with dims [2, 1], [n, T, F] gives [n, F, T]. Masked steps are
 * refused where they come in ('bad-option').
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function permute(options: PermuteOptions): Layer {
  const { inputShape, name, ...config } = settle('layers.permute', options, rules);
  const { dims } = config;
  return new Layer({
    className: 'Permute',
    name,
    inputShape,
    config,
    outputs: ([input], label) => [permuted(dims, floatPort(label, input), label)],
    connect: (inputs, outputs, context) => {
      const arrangement = dims[0] === 2 ? 'swapped' : 'inOrder';
      return new RearrangingNode('Permute', arrangement, inputs, outputs, context);
    },
  });
}

function permuted(dims: readonly number[], input: Port, label: string): Port {
  const { shape } = input;
  if (shape.length === dims.length) return port(dims.map((dim) => shape[dim - 1]));
  throw new SluiceError(
    'bad-shape',
    `${label}: dims [${dims.join(', ')}] need a sample of ${dims.length} axes, but its input is ${portText(input)}`,
  );
}
