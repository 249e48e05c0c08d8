// The memory plan: a pure function from sizes to byte offsets, so that all memory of a batch
// shape is laid out once and nothing is allocated in between. Regions whose lives do not
// overlap may share bytes.
//
// Time runs in steps: 0 .. n-1 are the forward passes of the n nodes, n is the losses, 2n - i is
// the backward pass of node i, which the sum of its outputs' gradients begins. In inference steps 0 .. n
// are run through once an extent of time, so what goes on from one to the next lives in all of them.
// Sizes are doubles throughout: an absurd one shows as a huge total instead of wrapping around.
import type { Demand, Demands } from '../layers/node.js';

export interface Life {
  readonly name: string;
  readonly floats: number;
  /** First and last step in which it must keep its content. */
  readonly from: number;
  readonly to: number;
}

export interface Region extends Life {
  /** Bytes from the start of the workspace. */
  readonly offset: number;
}

/** Cache lines: no two regions share one, and every SIMD vector is aligned. */
export const REGION_ALIGNMENT = 64;

const align = (bytes: number): number => Math.ceil(bytes / REGION_ALIGNMENT) * REGION_ALIGNMENT;

/**
 * Gives each region an offset, the largest first, each into the lowest gap among those that
 * live at the same time. Result in the order of `lives`.
 */
export function placeRegions(lives: readonly Life[]): { regions: Region[]; bytes: number } {
  const order = lives.map((_, i) => i).sort((a, b) => lives[b].floats - lives[a].floats || a - b);
  /** From the lowest offset up. */
  const placed: Region[] = [];
  const regions: Region[] = new Array(lives.length);
  let bytes = 0;
  for (const index of order) {
    const life = lives[index];
    const size = align(4 * life.floats);
    if (size === 0) {
      // nothing in anybody's way
      regions[index] = { ...life, offset: 0 };
      continue;
    }
    let offset = 0;
    for (const other of placed) {
      if (offset + size <= other.offset) break;
      const atOnce = other.from <= life.to && life.from <= other.to;
      if (atOnce) offset = Math.max(offset, other.offset + align(4 * other.floats));
    }
    const region = { ...life, offset };
    placed.splice(firstAbove(placed, offset), 0, region);
    regions[index] = region;
    bytes = Math.max(bytes, offset + size);
  }
  return { regions, bytes };
}

/** Index of the first region whose offset is above this one: halved, for a graph may have thousands. */
function firstAbove(placed: readonly Region[], offset: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (placed[middle].offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What the plan must know of a node; values are numbered, those of the inputs first. */
export interface PlanNode {
  readonly name: string;
  /** The values that it reads. */
  readonly inputs: readonly number[];
  /** The values that it puts out. */
  readonly outputs: readonly number[];
  readonly passesThrough: boolean;
  readonly demands: Demands;
  /** Floats for gradients of weights that are added to those of another node. */
  readonly sharedFloats: number;
}

/** An output of the model. */
export interface PlanHead {
  readonly value: number;
  readonly floats: number;
  readonly rows: number;
}

/** The gradient that a reader of a value writes. */
export interface PlanEdge {
  readonly value: number;
  /** The node that reads it; undefined: a loss. */
  readonly reader: number | undefined;
  readonly floats: number;
}

export interface PlanRequest {
  /** In an order in which each node comes after those that it reads. */
  readonly nodes: readonly PlanNode[];
  readonly training: boolean;
  /** Floats of each input. */
  readonly inputs: readonly number[];
  readonly heads: readonly PlanHead[];
  readonly edges: readonly PlanEdge[];
}

export interface NodePlan {
  readonly regions: readonly number[];
  readonly forwardScratch: number;
  readonly backwardScratch: number;
  readonly shared: number;
}

/** Byte offsets from the start of the workspace. */
export interface Plan {
  readonly inputs: readonly number[];
  readonly heads: readonly { readonly target: number; readonly rowWeights: number }[];
  readonly nodes: readonly NodePlan[];
  readonly edges: readonly number[];
  readonly regions: readonly Region[];
  readonly bytes: number;
}

/** Of each value: the last forward step that reads it. The losses read the outputs. */
function lastUses({ nodes, heads, inputs }: PlanRequest): number[] {
  const uses: number[] = inputs.map(() => 0);
  nodes.forEach(({ outputs }, i) => {
    for (const value of outputs) uses[value] = i;
  });
  for (const { value } of heads) uses[value] = nodes.length;
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { passesThrough, inputs: read, outputs } = nodes[i];
    const until = passesThrough ? uses[outputs[0]] : i;
    for (const value of read) uses[value] = Math.max(uses[value], until);
  }
  return uses;
}

/** Gives regions to what a pass needs: each a name, a size, and its first and last step. */
class Lives {
  readonly #lives: Life[] = [];
  #placed: readonly Region[] = [];

  /** @returns a promise, so to speak, of its offset: to be called once all are placed. */
  add(name: string, floats: number, from: number, to: number): () => number {
    const index = this.#lives.push({ name, floats, from, to }) - 1;
    return () => this.#placed[index].offset;
  }

  place(): { regions: readonly Region[]; bytes: number } {
    const placed = placeRegions(this.#lives);
    this.#placed = placed.regions;
    return placed;
  }
}

/** Plans the workspace of one forward (and, in training, backward) pass. */
export function planPass(request: PlanRequest): Plan {
  const { nodes, training } = request;
  const n = nodes.length;
  const end = 2 * n + 1;
  const lives = new Lives();
  const inputs = request.inputs.map((floats) => lives.add('input', floats, 0, end));
  const heads = request.heads.map(({ floats, rows }) => ({
    target: lives.add('target', floats, 0, end),
    rowWeights: lives.add('weights of rows', rows, 0, end),
  }));
  const uses = lastUses(request);
  const planned = nodes.map((node, i) => planNode(lives, node, i, n, training, uses));
  const makers = new Map(nodes.flatMap(({ outputs }, i) => outputs.map((value) => [value, i])));
  const edges = request.edges.map(({ value, reader, floats }) => {
    const written = reader === undefined ? n : 2 * n - reader;
    return lives.add('gradient', floats, written, 2 * n - (makers.get(value) as number));
  });
  const { regions, bytes } = lives.place();
  const at = (offset: () => number): number => offset();
  return {
    inputs: inputs.map(at),
    heads: heads.map(({ target, rowWeights }) => ({
      target: target(),
      rowWeights: rowWeights(),
    })),
    nodes: planned.map((node) => ({
      regions: node.regions.map(at),
      forwardScratch: node.forwardScratch(),
      backwardScratch: node.backwardScratch(),
      shared: node.shared(),
    })),
    edges: edges.map(at),
    regions,
    bytes,
  };
}

function planNode(
  lives: Lives,
  { name, demands, outputs, sharedFloats }: PlanNode,
  i: number,
  n: number,
  training: boolean,
  uses: readonly number[],
) {
  const backward = 2 * n - i;
  const until = Math.max(i, ...outputs.map((value) => uses[value]));
  const end = 2 * n + 1;
  const inference = { step: [i, i], output: [i, until], state: [0, end], update: [i, i] } as const;
  const life = ({ keeps }: Demand) =>
    training ? ([i, keeps === 'update' ? end : backward] as const) : inference[keeps];
  const add = (what: string, floats: number, from: number, to: number) =>
    lives.add(`${name}.${what}`, floats, from, to);
  const later = (floats: number) => (training ? floats : 0);
  return {
    regions: demands.regions.map((demand) => add(demand.name, demand.floats, ...life(demand))),
    forwardScratch: add('scratch', demands.forwardScratch, i, i),
    backwardScratch: add('backward scratch', later(demands.backwardScratch), backward, backward),
    shared: add('shared gradients', later(sharedFloats), backward, backward),
  };
}
