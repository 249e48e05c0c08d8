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
 * How many regions a node has, in training or in inference, whichever has more: a plan of one may be bound after the demands of
 * the other were asked for.
 */
export function regionsOf(node: LayerNode): number {
  const least = { B: 1, steps: node.inputPorts.map(() => 1) };
  const counts = [false, true].map((training) => node.demands(least, training).regions.length);
  return Math.max(...counts);
}

/** What an inner node demands, in as many regions as `regionsOf` says. */
export function demandsOf(
  node: LayerNode,
  regions: number,
  extent: Extent,
  training: boolean,
): Demands {
  const demands = node.demands(extent, training);
  const none = Array.from({ length: regions - demands.regions.length }, () => ({
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
