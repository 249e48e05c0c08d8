// What a loss is to the model: a name, options, and the kernel that fits the last layer.
import type { Kernels, LossKernel } from '../../engine/kernels.js';
import type { Layer, View } from '../../layers/layer.js';

/**
 * The losses, by the names of Keras; `mse` is short for `meanSquaredError`. Means over samples and
 * time steps.
 */
export type LossName =
  | 'meanSquaredError'
  | 'mse'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy';

/** A loss made by one of `losses`, for `compile`. It keeps no state and can serve many models. */
export interface Loss {
  /** The name it goes by in `compile`. */
  readonly name: LossName;
  /** JSON-able options: with the name they make the loss again. */
  readonly config: Readonly<Record<string, boolean>>;
  /** Targets are class numbers, one a row, rather than a value for each column. */
  readonly sparseTargets: boolean;
  /**
   * The loss over what that layer puts out.
   * @throws SluiceError 'bad-option' where it does not fit the layer.
   * @internal
   */
  over(last: Layer): LossPass;
}

/** A loss bound to the last layer of a model. */
export interface LossPass {
  /** Takes logits from a dense softmax layer and applies the softmax itself. */
  readonly fusesSoftmax: boolean;
  /**
   * The mean over R rows of N columns. gradient = undefined: none wanted.
   * With fusesSoftmax, y holds logits before and probabilities afterwards; else y is only read.
   */
  compute(kernels: Kernels, R: number, N: number, y: View, t: View, gradient?: View): number;
}

/** A pass that reads the outputs as they are. */
export function passOf(kernelOf: (kernels: Kernels) => LossKernel): LossPass {
  return {
    fusesSoftmax: false,
    compute: (kernels, R, N, y, t, gradient) =>
      kernelOf(kernels)(
        R,
        N,
        y.pointer,
        y.stride,
        t.pointer,
        t.stride,
        gradient?.pointer ?? 0,
        gradient?.stride ?? 0,
      ),
  };
}
