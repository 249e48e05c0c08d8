// Windows over time that begin every `strides` steps: how many there are, and where the first one begins.
import { SluiceError } from '../errors.js';
import { choiceRule } from '../rules.js';

/** 'valid': windows lie within the sequence; 'same': one for each `strides` steps, past both ends, as in Keras. */
export type Padding = 'valid' | 'same';

export const paddingRule = choiceRule<Padding>(['valid', 'same']);

/** Sizes and places in time stay whole numbers of 32 bits in the kernels. */
export const MOST_STEPS = 2 ** 29;

export interface Windows {
  /** How many: the time steps of the output. */
  readonly steps: number;
  /** Steps of the first window that lie before the sequence. */
  readonly left: number;
}

/** Windows of `size` steps over a sequence of T. @throws SluiceError 'bad-shape' where none fits */
export function windowsOver(
  T: number,
  size: number,
  strides: number,
  padding: Padding,
  label: string,
): Windows {
  if (padding === 'same') {
    const steps = Math.ceil(T / strides);
    return { steps, left: Math.floor(Math.max(0, (steps - 1) * strides + size - T) / 2) };
  }
  if (T < size) {
    throw new SluiceError(
      'bad-shape',
      `${label}: windows of ${size} time steps need at least as many, but the input has ${T}; ` +
        "take smaller windows or padding: 'same'",
    );
  }
  return { steps: Math.floor((T - size) / strides) + 1, left: 0 };
}

/**
 * 'valid' and 'same' as of Padding, a window being (kernelSize - 1) dilationRate + 1 steps; 'causal': ceil(T / strides) windows,
 * which end at the steps they belong to and see none after it.
 */
export type ConvPadding = Padding | 'causal';

export const convPaddingRule = choiceRule<ConvPadding>(['valid', 'same', 'causal']);

/** Windows of filters over a sequence of T. @throws SluiceError 'bad-shape' where none fits */
export function tapsOver(
  T: number,
  given: {
    readonly kernelSize: number;
    readonly strides: number;
    readonly dilationRate: number;
    readonly padding: ConvPadding;
  },
  label: string,
): Windows {
  const { kernelSize, strides, dilationRate, padding } = given;
  const size = (kernelSize - 1) * dilationRate + 1;
  if (padding !== 'causal') return windowsOver(T, size, strides, padding, label);
  return { steps: Math.ceil(T / strides), left: size - 1 };
}
