import type { Kernels } from '../engine/kernels.js';
import type { View } from '../layers/layer.js';
import { checkChoice } from '../options.js';

export type LossName =
  | 'meanSquaredError'
  | 'mse'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy';

export interface Loss {
  readonly name: LossName;
  /** Takes logits from a dense softmax layer and applies the softmax itself. */
  readonly fusesSoftmax: boolean;
  /** Targets are class numbers, one a row, rather than a value for each column. */
  readonly sparseTargets: boolean;
  /**
   * The mean over R rows of N columns. gradient = undefined: none wanted.
   * With fusesSoftmax, y holds logits before and probabilities afterwards.
   */
  compute(kernels: Kernels, R: number, N: number, y: View, t: View, gradient?: View): number;
}

function crossentropy(name: LossName, sparseTargets: boolean): Loss {
  return {
    name,
    fusesSoftmax: true,
    sparseTargets,
    compute: (kernels, R, N, z, t, gradient) =>
      kernels.softmaxCrossEntropy(
        R,
        N,
        z.pointer,
        z.stride,
        t.pointer,
        t.stride,
        gradient?.pointer ?? 0,
        gradient?.stride ?? 0,
      ),
  };
}

function squaredError(name: LossName): Loss {
  return {
    name,
    fusesSoftmax: false,
    sparseTargets: false,
    compute: (kernels, R, N, y, t, gradient) =>
      kernels.meanSquaredError(
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

const losses: Record<LossName, Loss> = {
  meanSquaredError: squaredError('meanSquaredError'),
  mse: squaredError('mse'),
  categoricalCrossentropy: crossentropy('categoricalCrossentropy', false),
  sparseCategoricalCrossentropy: crossentropy('sparseCategoricalCrossentropy', true),
};

/** @throws SluiceError 'bad-option' that lists the losses there are. */
export function lossByName(name: LossName): Loss {
  return losses[checkChoice('compile', 'loss', name, Object.keys(losses) as LossName[])];
}
