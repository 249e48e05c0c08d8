// Nodes within a node: it hands them their parts of its memory, and what they read and write.
import type { SeedWords } from '../random.js';
import type { Buffers, Demands, Extent, LayerNode, View } from './node.js';

/** Where a view stands now. */
export function point(to: View, { pointer, stride, lengths }: View): void {
  to.pointer = pointer;
  to.stride = stride;
  to.lengths = lengths;
}

/**
 * What an inner node demands, with as many regions in training as in inference: a plan of one may be bound after the
 * demands of the other were asked for.
 */
export function demandsOf(node: LayerNode, extent: Extent, training: boolean): Demands {
  const [other, demands] = [!training, training].map((kind) => node.demands(extent, kind));
  const missing = Math.max(0, other.regions.length - demands.regions.length);
  const none = Array.from({ length: missing }, () => ({
    name: 'none',
    floats: 0,
    keeps: 'step' as const,
  }));
  return { ...demands, regions: [...demands.regions, ...none] };
}

/** Demands of nodes that run one after the other, theirs first; scratch is shared. */
export function demandsOfAll(inner: readonly Demands[], own: Demands['regions']): Demands {
  return {
    regions: [...inner.flatMap(({ regions }) => regions), ...own],
    forwardScratch: Math.max(...inner.map(({ forwardScratch }) => forwardScratch)),
    backwardScratch: Math.max(...inner.map(({ backwardScratch }) => backwardScratch)),
  };
}

/**
 * Binds nodes to their parts of the memory of the node that they stand in.
 * @param regions how many each of them has
 * @returns the regions behind theirs
 */
export function bindInner(
  nodes: readonly LayerNode[],
  buffers: Buffers,
  regions: readonly number[],
): readonly number[] {
  let [block, region] = [0, 0];
  nodes.forEach((node, i) => {
    const blocks = node.blockFloats.length;
    node.bind({
      ...buffers,
      blocks: buffers.blocks.slice(block, block + blocks),
      gradients: buffers.gradients.slice(block, block + blocks),
      regions: buffers.regions.slice(region, region + regions[i]),
    });
    block += blocks;
    region += regions[i];
  });
  return buffers.regions.slice(region);
}

/** Draws the weights of nodes one after the other, a stream each. */
export function initializeInner(
  nodes: readonly LayerNode[],
  weights: readonly number[],
  scratch: number,
  seed: SeedWords,
  firstStream: number,
  streamHigh: number,
): void {
  let next = 0;
  for (const node of nodes) {
    const own = weights.slice(next, next + node.weights.length);
    node.initialize(own, scratch, seed, firstStream + next, streamHigh);
    next += own.length;
  }
}

/** Packs or unpacks weights of nodes, each between its weights and its blocks. */
export function convertInner(
  nodes: readonly LayerNode[],
  way: 'pack' | 'unpack',
  weights: readonly number[],
  blocks: readonly number[],
): void {
  let [weight, block] = [0, 0];
  for (const node of nodes) {
    const [w, b] = [weight + node.weights.length, block + node.blockFloats.length];
    node[way](weights.slice(weight, w), blocks.slice(block, b));
    [weight, block] = [w, b];
  }
}
