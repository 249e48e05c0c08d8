// What a loss is to the model: a name, options, and the kernel that fits the last layer.
import type { Kernels, LossKernel } from '../../engine/kernels.js';
import type { Activation } from '../../layers/activation.js';
import type { View } from '../../layers/node.js';

/**
 * The losses, by the names of Keras; `mse` is short for `meanSquaredError`. Means over samples and
 * time steps.
 */
export type LossName =
  | 'meanSquaredError'
  | 'mse'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'crfNegativeLogLikelihood';

/** A loss made by one of `losses`, for `compile`. It keeps no state and can serve many models. */
export interface Loss {
  /** The name it goes by in `compile`. */
  readonly name: LossName;
  /** JSON-able options: with the name they make the loss again. */
  readonly config: Readonly<Record<string, boolean>>;
  /** Targets are class numbers, one a row, rather than a value for each column. */
  readonly sparseTargets: boolean;
  /**
   * The loss over what a layer puts out.
   * @throws SluiceError 'bad-option' where it does not fit the layer.
   * @internal
   */
  over(ending: Ending): LossPass;
}

/** The end of a model, as a loss sees it. */
export interface Ending {
  /** Of the layer that puts out. */
  readonly className: string;
  /** What its outputs went through last, where it knows. */
  readonly activation: Activation | undefined;
  /** The one loss that trains the layer, where it has its own. */
  readonly ownLoss?: string | undefined;
  /** Whether the loss alone reads the output. */
  readonly alone: boolean;
  /** As errors name it: 'the last layer', "output 'a'". */
  readonly label: string;
}

/** A loss bound to an output of a model. */
export interface LossPass {
  /** Takes logits from a layer that ends in a softmax, and applies the softmax itself. */
  readonly fusesSoftmax: boolean;
  /** The layer computes the loss itself, over whole sequences: `compute` is not called. */
  readonly byLayer?: true | undefined;
  /**
   * The mean over R rows of N columns. gradient = undefined: none wanted. weights: the address of
   * a factor for each row, 0 for none; the sum of what they multiply is divided by R all the same.
   * With fusesSoftmax, y holds logits before and probabilities afterwards; else y is only read.
   */
  compute(
    kernels: Kernels,
    R: number,
    N: number,
    y: View,
    t: View,
    gradient: View | undefined,
    weights: number,
  ): number;
}

/** A pass that reads the outputs as they are. */
export function passOf(kernelOf: (kernels: Kernels) => LossKernel): LossPass {
  return {
    fusesSoftmax: false,
    compute: (kernels, R, N, y, t, gradient, weights) =>
      kernelOf(kernels)(
        R,
        N,
        y.pointer,
        y.stride,
        t.pointer,
        t.stride,
        gradient?.pointer ?? 0,
        gradient?.stride ?? 0,
        weights,
      ),
  };
}
