import { SluiceError } from '../errors.js';
import { featuresOf, rowsOf } from '../layers/layer.js';
import { unstage } from './batches.js';
import { checkDataset } from './dataset.js';
import { readWeights } from './parameters.js';
import { internals, type Sequential } from './sequential.js';
import type { Tensor, TensorLike } from './tensor.js';

export interface Gradients {
  loss: number;
  /** In the order and shapes of getWeights(). */
  gradients: Tensor[];
  /** dL/dx, in the shape of x. */
  inputGradient: Tensor;
}

/**
 * Loss and gradients of one pass in training, without an update, for tests of this package:
 * the numbers that a framework's autograd gives. The model must be compiled; `classes` says that
 * its targets are class numbers.
 */
export function gradients(
  model: Sequential,
  x: TensorLike,
  y: TensorLike,
  classes = false,
): Gradients {
  const { kernels, memory, network, workspace, runner } = model[internals]();
  const signature = {
    firstLayer: network.nodes[0].name,
    lastLayer: network.last.name,
    inputShape: network.inputShape,
    outputShape: network.outputShape,
  };
  const data = checkDataset('', x, y, signature, classes);
  const B = data.count;
  runner.prepareTraining(B, true);
  const loss = runner.trainForward({ data, order: undefined, from: 0, B });
  if (!runner.trainBackward(B)) {
    throw new SluiceError('not-finite', `gradients: their norm is ${runner.gradientNorm}`);
  }
  const { inputShape, inputGradient } = network;
  const dX = new Float32Array(rowsOf(inputShape, B) * featuresOf(inputShape));
  unstage(memory.floats, inputGradient, dX, inputShape, 0, B);
  const read = readWeights(network, kernels, memory, workspace.gradients, workspace.transfer());
  return { loss, gradients: read, inputGradient: { data: dX, shape: [B, ...inputShape] } };
}
