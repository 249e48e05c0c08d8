import { choiceRule, nameRule, type Rules, settle } from '../rules.js';
import { Call, Layer, type SymbolicTensor } from './layer.js';
import { type DType, inputShapeRule, port, type Shape } from './port.js';

/** Options of input, named as in Keras. */
export interface InputOptions {
  /**
   * Of one sample: [features] or [timesteps, features]; of integers [timesteps] or
   * [timesteps, features]. Required.
   */
  shape: Shape;
  /** 'int32' for whole numbers, such as the numbers of words. Default 'float32'. */
  dtype?: DType | undefined;
  /** By which data are handed over; not empty. Default 'input_layer', then 'input_layer_1' ... */
  name?: string | undefined;
}

const rules = {
  shape: { ...inputShapeRule, required: true },
  dtype: { ...choiceRule<DType>(['float32', 'int32']), otherwise: () => 'float32' },
  name: nameRule,
} satisfies Rules<InputOptions>;

/** The class of the layer that stands for an input, as in Keras. */
export const INPUT_LAYER = 'InputLayer';

/**
 * A value that a model is handed, to call layers on: `model({ inputs, outputs })` makes a model of
 * what lies between.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function input(options: InputOptions): SymbolicTensor {
  const { shape, dtype, name } = settle('input', options, rules);
  const made = port(shape, dtype);
  const layer = new Layer({
    className: INPUT_LAYER,
    name,
    config: { shape: [...shape], dtype },
    outputs: () => [made],
    connect: () => {
      throw new Error('an input has no node');
    },
  });
  return new Call(layer, [], [made]).outputs[0];
}
