// Loss and gradients of the weights of a graph, of one training pass without an update.
import type { Model, Tensor, TensorLike } from 'sluice';
import { checkDataset } from '../../src/model/dataset.js';
import { internals } from '../../src/model/model.js';
import { readWeights } from '../../src/model/parameters.js';

/** Of a compiled model; several inputs or outputs stand in arrays. */
export function graphGradients(
  model: Model,
  x: TensorLike | readonly TensorLike[],
  y: TensorLike | readonly TensorLike[],
): { loss: number; gradients: Tensor[] } {
  const { kernels, memory, network, workspace, passes } = model[internals]();
  const place = ({ name, port }: (typeof network.inputs)[number]) => ({
    name,
    label: name,
    port,
    classes: false,
  });
  const data = checkDataset('', x as never, y as never, undefined, {
    inputs: network.inputs.map(place),
    outputs: network.heads.map((head) => place(head as never)),
  });
  const loss = passes.trainForward({ data, order: undefined, from: 0, B: data.count });
  if (!passes.trainBackward()) throw new Error(`the gradients' norm is ${passes.gradientNorm}`);
  const gradients = readWeights(
    network,
    kernels,
    memory,
    workspace.gradients,
    workspace.transfer(),
  );
  return { loss, gradients };
}
