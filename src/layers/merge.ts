// Several values of one shape, number by number: the six merge layers of Keras that do so.
import { SluiceError } from '../errors.js';
import { nameRule, type Rules, settle } from '../rules.js';
import { broadcastPort } from './broadcast.js';
import { ExtremeNode } from './extreme-node.js';
import { Layer } from './layer.js';
import { floatPort, type Port } from './port.js';
import { ProductNode } from './product-node.js';
import { SumNode } from './sum-node.js';

/** Options of layers.add, subtract, multiply, average, maximum and minimum. */
export interface MergeOptions {
  /** Names the layer; not empty. Default: the class, 'add', then 'add_1' ... */
  name?: string | undefined;
}

const rules = { name: nameRule } satisfies Rules<MergeOptions>;

/**
 * The sum of the values of an array, as Keras' Add. Shapes are the same, or fit: axes of 1 stand for all, [features]
 * for every time step.
 * @throws SluiceError 'bad-option' for options that do not hold, and for values some of which are masked alone.
 */
export const add = (options: MergeOptions = {}): Layer => merge('Add', options);

/**
 * The first of two values less the second, as Keras' Subtract. Shapes and masks as of layers.add.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export const subtract = (options: MergeOptions = {}): Layer => merge('Subtract', options);

/**
 * The product of the values of an array, as Keras' Multiply: a step that is masked in some of them counts as 1 there, and is
 * 0 where it is masked in all. Shapes and masks as of layers.add.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export const multiply = (options: MergeOptions = {}): Layer => merge('Multiply', options);

/**
 * The mean of the values of an array, as Keras' Average. Shapes and masks as of layers.add.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export const average = (options: MergeOptions = {}): Layer => merge('Average', options);

/**
 * The largest of the values of an array, as Keras' Maximum: of a step that is masked in some of them, the largest of
 * the others. The first of those that tie has the gradient. Shapes and masks as of layers.add.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export const maximum = (options: MergeOptions = {}): Layer => merge('Maximum', options);

/**
 * The smallest of the values of an array, as Keras' Minimum; see layers.maximum.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export const minimum = (options: MergeOptions = {}): Layer => merge('Minimum', options);

const NODES = {
  Add: SumNode,
  Subtract: SumNode,
  Average: SumNode,
  Multiply: ProductNode,
  Maximum: ExtremeNode,
  Minimum: ExtremeNode,
};

function merge(className: keyof typeof NODES, options: MergeOptions): Layer {
  const what = className.toLowerCase();
  const { name } = settle(`layers.${what}`, options, rules);
  return new Layer({
    className,
    name,
    config: {},
    takes: 'several',
    outputs: (inputs, label) => {
      checkCount(label, what, inputs);
      return [
        broadcastPort(
          label,
          what,
          inputs.map((one) => floatPort(label, one)),
        ),
      ];
    },
    connect: (inputs, outputs, context) =>
      new NODES[className](className, inputs, outputs, context),
  });
}

function checkCount(label: string, what: string, inputs: readonly Port[]): void {
  if (what !== 'subtract' || inputs.length === 2) return;
  throw new SluiceError(
    'bad-shape',
    `${label}: subtract needs exactly two values, but got ${inputs.length}; add or multiply takes more`,
  );
}
