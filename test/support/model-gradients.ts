// Loss and gradients of one training pass without an update: the numbers that a framework's
// autograd gives. Models compute no gradient of their input; here a chain is made to, in memory
// behind all that is planned.
import type { Model, Tensor, TensorLike } from 'sluice';
import { unstage } from '../../src/model/batches.js';
import { checkDataset } from '../../src/model/dataset.js';
import { internals } from '../../src/model/model.js';
import { readWeights } from '../../src/model/parameters.js';

export interface Gradients {
  loss: number;
  /** In the order and shapes of getWeights(). */
  gradients: Tensor[];
  /** dL/dx, in the shape of x. */
  inputGradient: Tensor;
}

/** Of a compiled chain of layers; `classes` says that its targets are class numbers. */
export function gradients(model: Model, x: TensorLike, y: TensorLike, classes = false): Gradients {
  const { kernels, memory, network, workspace, passes } = model[internals]();
  const [{ port, whole, view }] = network.inputs;
  const place = (of: typeof port) => ({ name: '', label: 'the chain', port: of, classes });
  const outputs = [place(network.heads[0].port)];
  const data = checkDataset('', x, y, undefined, { inputs: [place(port)], outputs });
  const B = data.count;
  passes.prepareTraining(B);
  const active = [...network.gradients.active];
  let free = Math.ceil(workspace.end / 64) * 64;
  network.nodes.forEach((node, i) => {
    (network.gradients.active as boolean[])[i] = true;
    const [gradient] = node.inputGradients;
    if (gradient.pointer !== 0) return;
    const { features, steps } = node.inputPorts[0];
    gradient.pointer = free;
    gradient.stride = Math.ceil(features / 4) * 4;
    free += Math.ceil((4 * B * steps * gradient.stride) / 64) * 64;
    if (i > 0) Object.assign(network.nodes[i - 1].outputGradients[0], gradient);
  });
  memory.reserve(free, 'gradients of a test');
  const loss = passes.trainForward({ data, order: undefined, from: 0, B });
  if (!passes.trainBackward()) throw new Error(`the gradients' norm is ${passes.gradientNorm}`);
  const dX = new Float32Array(B * port.steps * port.features);
  const from = { ...view, ...network.nodes[0].inputGradients[0] };
  unstage(memory, from, dX, port, 0, B, whole);
  (network.gradients as { active: readonly boolean[] }).active = active;
  for (const { inputGradients } of network.nodes) inputGradients[0].pointer = 0;
  workspace.forgetPlans();
  const read = readWeights(network, kernels, memory, workspace.gradients, workspace.transfer());
  return { loss, gradients: read, inputGradient: { data: dX, shape: [B, ...port.shape] } };
}
