// The flat parameter store as the world sees it: named weights in Keras order and shapes.
// Inside they stand packed as the kernels want them; only here are they converted.
import { type Kernels, padded } from '../engine/kernels.js';
import type { EngineMemory } from '../engine/memory.js';
import { SluiceError } from '../errors.js';
import { deepFreeze } from '../frozen.js';
import type { LayerNode, WeightSpec } from '../layers/node.js';
import { floatsOf } from '../layers/port.js';
import { weightRuleFloats } from '../layers/weight-rules.js';
import type { SeedWords } from '../random.js';
import type { Network } from './network.js';
import { blocksOf } from './owners.js';
import { weightStream } from './streams.js';
import { shapeText, type Tensor, type TensorLike, toTensor } from './tensor.js';

/** Floats that the hungriest layer needs to have its weights drawn, packed, unpacked or compared with each other. */
export function transferFloats(network: Network, kernels: Kernels): number {
  return Math.max(
    0,
    ...network.owners.list.map(({ node, rules }) => {
      const ruled = weightRuleFloats(kernels, rules, node.weights);
      return weightFloats(node, kernels) + Math.max(node.initializerFloats, ruled);
    }),
  );
}

const weightFloats = (node: LayerNode, kernels: Kernels): number =>
  node.weights.reduce((sum, weight) => sum + padded(kernels, floatsOf(weight.shape)), 0);

/** Addresses of a node's weights in the transfer area, and of what lies after them. */
export function layOut(node: LayerNode, kernels: Kernels, transfer: number) {
  let next = transfer;
  const pointers = node.weights.map((weight) => {
    const pointer = next;
    next += 4 * padded(kernels, floatsOf(weight.shape));
    return pointer;
  });
  return { pointers, scratch: next };
}

/** Every weight as `layer/weight` with its shape, in the order of getWeights. */
export function weightSpecs(network: Network): readonly WeightSpec[] {
  const specs = network.owners.list.flatMap((owner) =>
    owner.node.weights.map(({ name, shape }) => ({
      name: `${owner.name}/${name}`,
      shape: [...shape],
    })),
  );
  return deepFreeze(specs);
}

/** Draws every weight from its own stream of the seed. */
export function initializeWeights(
  network: Network,
  kernels: Kernels,
  parameters: number,
  transfer: number,
  seed: SeedWords,
): void {
  let first = 0;
  for (const owner of network.owners.list) {
    const { node, offset } = owner;
    const { pointers, scratch } = layOut(node, kernels, transfer);
    node.initialize(pointers, scratch, seed, first, weightStream);
    node.pack(pointers, blocksOf(owner, parameters + 4 * offset));
    first += node.weights.length;
  }
}

/** Copies of all weights, or of their gradients when `store` is the gradients' address. */
export function readWeights(
  network: Network,
  kernels: Kernels,
  memory: EngineMemory,
  store: number,
  transfer: number,
): Tensor[] {
  return network.owners.list.flatMap((owner) => {
    const { node, offset } = owner;
    const { pointers } = layOut(node, kernels, transfer);
    node.unpack(pointers, blocksOf(owner, store + 4 * offset));
    return node.weights.map((weight, j) => {
      const start = pointers[j] >>> 2;
      return {
        data: memory.floats.slice(start, start + floatsOf(weight.shape)),
        shape: [...weight.shape],
      };
    });
  });
}

/** @throws SluiceError 'bad-shape' or 'bad-data' before any weight is changed. */
export function writeWeights(
  network: Network,
  kernels: Kernels,
  memory: EngineMemory,
  store: number,
  transfer: number,
  weights: readonly TensorLike[],
): void {
  const tensors = checkWeights(network, weights);
  storeWeights(network, kernels, memory, store, transfer, tensors);
}

/** Tensors of the right shapes, in the order of getWeights, into the store. */
export function storeWeights(
  network: Network,
  kernels: Kernels,
  memory: EngineMemory,
  store: number,
  transfer: number,
  tensors: readonly Tensor[],
): void {
  let next = 0;
  for (const owner of network.owners.list) {
    const { node, offset } = owner;
    const { pointers } = layOut(node, kernels, transfer);
    for (const pointer of pointers) memory.floats.set(tensors[next++].data, pointer >>> 2);
    node.pack(pointers, blocksOf(owner, store + 4 * offset));
  }
}

function checkWeights(network: Network, weights: readonly TensorLike[]): Tensor[] {
  const specs = weightSpecs(network);
  const listed = () => specs.map(({ name, shape }) => `${name} ${shapeText(shape)}`).join(', ');
  if (!Array.isArray(weights) || weights.length !== specs.length) {
    const found = Array.isArray(weights) ? `${weights.length}` : 'none';
    throw new SluiceError(
      'bad-shape',
      `setWeights expects ${specs.length} tensors (${listed()}), but got ${found}`,
    );
  }
  return specs.map(({ name, shape }, i) => {
    const given = toTensor(`weight ${name}`, weights[i]);
    if (given.shape.join() !== shape.join()) {
      throw new SluiceError(
        'bad-shape',
        `weight ${name} must have shape ${shapeText(shape)}, but got ${shapeText(given.shape)}`,
      );
    }
    const bad = given.data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new SluiceError(
        'bad-data',
        `weight ${name} must be finite, but element ${bad} is ${given.data[bad]}`,
      );
    }
    return given;
  });
}
