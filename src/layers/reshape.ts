import { SluiceError } from '../errors.js';
import { nameRule, type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import {
  floatPort,
  floatsOf,
  inputShapeRule,
  type Port,
  port,
  portText,
  type Shape,
} from './port.js';
import { RearrangingNode } from './rearranging.js';
import { MOST_STEPS } from './windows.js';

/** Options of layers.reshape, named as in Keras. */
export interface ReshapeOptions {
  /**
   * [features] or [timesteps, features] of what comes out: integers from 1; one of them may be -1, which is
   * what the others leave. Required.
   */
  targetShape: Shape;
  /**
   * [features] or [timesteps, features], for the first layer alone. Default: settled by the first
   * x.
   */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'reshape', then 'reshape_1' ... */
  name?: string | undefined;
}

const isSize = (size: unknown): boolean =>
  size === -1 || (Number.isSafeInteger(size) && (size as number) > 0);

const rules = {
  targetShape: {
    expected: '[features] or [timesteps, features], positive integers, one of which may be -1',
    holds: (value: unknown) =>
      Array.isArray(value) &&
      (value.length === 1 || value.length === 2) &&
      // spread, for a hole is no size and every() passes over it
      [...value].every(isSize) &&
      value.filter((size) => size === -1).length < 2,
    kept: (value: unknown) => [...(value as number[])],
    required: true,
  },
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<ReshapeOptions>;

/**
 * The numbers of a sample in another shape, in their order, as Keras' Reshape: [n, 6] and [n, 2, 3] give
 * [n, 3, 2] with targetShape [3, 2] or [-1, 2]. Masked steps are refused where they come in ('bad-option').
 * @throws SluiceError 'bad-option' for options that do not hold. Numbers that do not fill the shape are refused
 * where the layer is called ('bad-shape').
 */
export function reshape(options: ReshapeOptions): Layer {
  const { inputShape, name, ...config } = settle('layers.reshape', options, rules);
  return new Layer({
    className: 'Reshape',
    name,
    inputShape,
    config,
    outputs: ([input], label) => [port(filled(config.targetShape, floatPort(label, input), label))],
    connect: (inputs, outputs, context) =>
      new RearrangingNode('Reshape', 'inOrder', inputs, outputs, context),
  });
}

/** The shape with a number in place of -1. */
function filled(target: Shape, input: Port, label: string): Shape {
  const numbers = floatsOf(input.shape);
  const known = floatsOf(target.filter((size) => size !== -1));
  const shape = target.map((size) => (size === -1 ? numbers / known : size));
  const fits = shape.every(Number.isSafeInteger) && floatsOf(shape) === numbers;
  if (fits && numbers <= MOST_STEPS) return shape;
  throw new SluiceError(
    'bad-shape',
    `${label}: targetShape [${target.join(', ')}] must hold the ${numbers} numbers of its input ${portText(input)}` +
      `${fits ? `, and at most ${MOST_STEPS}` : ''}; give sizes whose product is ${numbers}, or -1 for one of them`,
  );
}
