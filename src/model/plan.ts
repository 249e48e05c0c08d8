// The memory plan: a pure function from sizes to byte offsets, so that all memory of a batch
// shape is laid out once and nothing is allocated in between. Regions whose lives do not
// overlap may share bytes.
//
// Time runs in steps: 0 .. n-1 are the forward passes of the n nodes, n is the loss, 2n - i is
// the backward pass of node i. In inference steps 0 .. n are run through once an extent of time,
// so what goes on from one to the next lives in all of them. Sizes are doubles throughout: an absurd one shows as a huge
// total instead of wrapping around.
import type { Demand, Demands } from '../layers/layer.js';

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
  const placed: Region[] = [];
  const regions: Region[] = new Array(lives.length);
  let bytes = 0;
  for (const index of order) {
    const life = lives[index];
    const size = align(4 * life.floats);
    const rivals = placed
      .filter((other) => other.from <= life.to && life.from <= other.to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const rival of rivals) {
      if (offset + size <= rival.offset) break;
      offset = Math.max(offset, rival.offset + align(4 * rival.floats));
    }
    const region = { ...life, offset };
    placed.push(region);
    regions[index] = region;
    bytes = Math.max(bytes, offset + size);
  }
  return { regions, bytes };
}

/** What the plan must know of a node. */
export interface PlanNode {
  readonly name: string;
  /** Indices of the nodes whose outputs it reads; -1 is the model's input. */
  readonly inputs: readonly number[];
  readonly passesThrough: boolean;
  readonly demands: Demands;
  readonly outputFloats: number;
}

export interface PlanRequest {
  /** In an order in which each node comes after its inputs; the last one is the output. */
  readonly nodes: readonly PlanNode[];
  readonly training: boolean;
  readonly inputFloats: number;
  readonly targetFloats: number;
  /** Also plan for dL/d input of the whole model. */
  readonly wantInputGradient?: boolean | undefined;
}

export interface NodePlan {
  readonly regions: readonly number[];
  readonly forwardScratch: number;
  readonly backwardScratch: number;
  readonly outputGradient: number;
}

/** Byte offsets from the start of the workspace. */
export interface Plan {
  readonly input: number;
  readonly target: number;
  readonly inputGradient: number;
  readonly nodes: readonly NodePlan[];
  readonly regions: readonly Region[];
  readonly bytes: number;
}

/** The last forward step that reads a node's output; the loss reads the last node's. */
function lastUses(nodes: readonly PlanNode[]): number[] {
  const uses = nodes.map((_, i) => i);
  uses[nodes.length - 1] = nodes.length;
  for (let i = nodes.length - 1; i >= 0; i--) {
    const until = nodes[i].passesThrough ? uses[i] : i;
    for (const input of nodes[i].inputs) {
      if (input >= 0) uses[input] = Math.max(uses[input], until);
    }
  }
  return uses;
}

/** The step at which the gradient of a node's output is first written. */
function firstGradients(nodes: readonly PlanNode[]): number[] {
  const steps = nodes.map(() => nodes.length);
  nodes.forEach((node, i) => {
    // the latest reader goes backwards first
    for (const input of node.inputs) if (input >= 0) steps[input] = 2 * nodes.length - i;
  });
  return steps;
}

/** Plans the workspace of one forward (and, in training, backward) pass. */
export function planPass(request: PlanRequest): Plan {
  const { nodes, training } = request;
  const n = nodes.length;
  const end = 2 * n + 1;
  const lives: Life[] = [];
  const add = (name: string, floats: number, from: number, to: number): number =>
    lives.push({ name, floats, from, to }) - 1;

  const input = add('input', request.inputFloats, 0, end);
  const target = add('target', request.targetFloats, 0, end);
  const inputGradientFloats = training && request.wantInputGradient ? request.inputFloats : 0;
  const inputGradient = add('input gradient', inputGradientFloats, n, end);
  const uses = lastUses(nodes);
  const gradients = firstGradients(nodes);
  const indices = nodes.map((node, i) => {
    const backward = 2 * n - i;
    const name = (what: string) => `${node.name}.${what}`;
    const { demands } = node;
    const inference = { step: [i, i], output: [i, uses[i]], state: [0, end] } as const;
    const life = ({ keeps }: Demand) => (training ? ([i, backward] as const) : inference[keeps]);
    return {
      regions: demands.regions.map((demand) =>
        add(name(demand.name), demand.floats, ...life(demand)),
      ),
      forwardScratch: add(name('scratch'), demands.forwardScratch, i, i),
      backwardScratch: add(
        name('backward scratch'),
        training ? demands.backwardScratch : 0,
        backward,
        backward,
      ),
      outputGradient: add(
        name('output gradient'),
        training ? node.outputFloats : 0,
        gradients[i],
        backward,
      ),
    };
  });

  const { regions, bytes } = placeRegions(lives);
  const at = (index: number): number => regions[index].offset;
  return {
    input: at(input),
    target: at(target),
    inputGradient: at(inputGradient),
    nodes: indices.map((node) => ({
      regions: node.regions.map(at),
      forwardScratch: at(node.forwardScratch),
      backwardScratch: at(node.backwardScratch),
      outputGradient: at(node.outputGradient),
    })),
    regions,
    bytes,
  };
}
