import { type Kernels, padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import type { LayerNode, RowTable, View } from '../layers/node.js';
import { rowsOf } from '../layers/port.js';
import type { Graph } from './graph.js';
import { blocksOf, type Owner, type Owners } from './owners.js';
import type { PlanEdge } from './plan.js';

/** The gradient that one reader of a value writes: an input of a node, or a loss. */
interface Edge {
  readonly value: number;
  /** Which node reads the value; undefined: a loss. */
  readonly reader: number | undefined;
  /** Where the reader writes its gradient. */
  readonly gradient: View;
}

/** Floats of the parameter store. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

/** A weight that is a table: where its parts stand in each store, in floats, see RowTable. */
export interface TableSpan extends RowTable {
  readonly name: string;
  readonly decay: boolean;
  readonly offset: number;
  readonly record: number;
  readonly room: number;
}

/** The little that gradients need of a head. */
interface Sink {
  readonly value: number;
  readonly gradient: View;
}

/**
 * How gradients flow through a graph. Each reader of a value writes a buffer of its own; before
 * the node that made the value goes backwards they are summed up in the first of them. Calls that
 * share a layer write the gradients of its weights one after the other: the first to go backwards
 * into their place, the others beside it, to be added.
 */
export class Gradients {
  /** Which nodes go backwards: those with weights to train, or above such a node. */
  active: readonly boolean[] = [];
  /** The stretches of the parameter store that are trained, as long as they can be. */
  stretches: readonly Stretch[] = [];
  /** The same as spans that decay alike: what an optimizer updates at once. */
  joined: readonly Span[] = [];
  /** The tables among what is trained: they stand in none of the others. */
  tables: readonly TableSpan[] = [];
  /** Where the gradients' store begins; 0 before there is one. */
  store = 0;
  /** The weights that are trained, in the order of getWeights. */
  spans: readonly Span[] = [];
  readonly #graph: Graph;
  readonly #nodes: readonly LayerNode[];
  readonly #sinks: readonly Sink[];
  readonly #owners: Owners;
  readonly #kernels: Kernels;
  /** The node that goes backwards first among those of its layer. */
  readonly #first: readonly boolean[];
  #trained: readonly boolean[] = [];
  #edges: readonly Edge[] = [];
  /** Of each node, of each output: the edges to sum up. */
  #incoming: readonly (readonly (readonly Edge[])[])[] = [];
  /** Of each node: from where to where the gradients of a shared layer are added; or nothing. */
  #additions: ({ floats: number; to: number; from: number } | undefined)[] = [];

  constructor(
    graph: Graph,
    nodes: readonly LayerNode[],
    sinks: readonly Sink[],
    owners: Owners,
    kernels: Kernels,
  ) {
    this.#graph = graph;
    this.#nodes = nodes;
    this.#sinks = sinks;
    this.#owners = owners;
    this.#kernels = kernels;
    const { calls } = graph;
    this.#first = calls.map(
      ({ layer }, i) => !calls.slice(i + 1).some((one) => one.layer === layer),
    );
    this.train(graph.layers.map(() => true));
  }

  /**
   * Settles which layers are trained; returns whether that is new, for then memory has to be
   * planned again.
   */
  train(layers: readonly boolean[]): boolean {
    if (layers.join() === this.#trained.join()) return false;
    this.#trained = [...layers];
    const trained = this.#owners.list.filter(({ layer }) => layers[layer]);
    this.active = this.#activeNodes(trained);
    this.#edges = this.#edgesNow();
    this.#incoming = this.#graph.calls.map(({ outputs }) =>
      outputs.map((value) => this.#edges.filter((edge) => edge.value === value)),
    );
    const dense = trained.filter(({ node }) => !node.table);
    const names = new Set(
      dense.flatMap(({ name, node }) => node.spans.map((s) => `${name}/${s.name}`)),
    );
    this.spans = this.#owners.spans.filter(({ name }) => names.has(name));
    this.stretches = merged(dense);
    this.tables = trained.flatMap(tableOf);
    this.joined = joined(this.spans);
    return true;
  }

  #activeNodes(trained: readonly Owner[]): boolean[] {
    const wanted = this.#graph.values.map(() => false);
    return this.#graph.calls.map(({ inputs, outputs }, i) => {
      const owner = this.#owners.ofNode(i);
      const own = owner !== undefined && owner.trained > 0 && trained.includes(owner);
      const active = own || inputs.some((value) => wanted[value]);
      for (const value of outputs) wanted[value] = active;
      return active;
    });
  }

  /** The losses' first: they write first. Then the nodes', from the last one on. */
  #edgesNow(): Edge[] {
    const { calls } = this.#graph;
    const wanted = this.#graph.values.map(() => false);
    calls.forEach(({ outputs }, i) => {
      for (const value of outputs) wanted[value] = this.active[i];
    });
    const losses = this.#sinks.map(({ value, gradient }) => ({
      value,
      reader: undefined,
      gradient,
    }));
    const nodes = calls.flatMap(({ inputs }, reader) =>
      inputs.map((value, k) => ({
        value,
        reader,
        gradient: this.#nodes[reader].inputGradients[k],
      })),
    );
    const all: Edge[] = [...losses, ...nodes.reverse()];
    for (const { gradient } of all) gradient.pointer = 0;
    return all.filter(({ value }) => wanted[value]);
  }

  /** What the planner must know of them; `floats` tells the size of a value. */
  edges(floats: (value: number) => number): PlanEdge[] {
    return this.#edges.map(({ value, reader }) => ({ value, reader, floats: floats(value) }));
  }

  /** Floats that a node needs to write the gradients of a layer's weights beside another's. */
  sharedFloats(node: number): number {
    const owner = this.#owners.ofNode(node);
    const adds = owner && !owner.node.table && !this.#first[node] && this.#trained[owner.layer];
    return adds ? owner.trained : 0;
  }

  /** Where a node writes the gradients of its weights: nowhere where they are not trained. */
  blocks(node: number, gradients: number, shared: number): number[] {
    const owner = this.#owners.ofNode(node);
    this.#additions[node] = undefined;
    if (!owner || !this.#trained[owner.layer] || gradients === 0) return [];
    const to = gradients + 4 * owner.offset;
    if (this.#first[node] || owner.node.table) return blocksOf(owner, to);
    this.#additions[node] = { floats: owner.trained, to, from: shared };
    return blocksOf(owner, shared);
  }

  /** Points every edge at its bytes. */
  bind(offsets: readonly number[], workspace: number): void {
    if (offsets.length === 0) return;
    const { values } = this.#graph;
    const stride = (value: number) => padded(this.#kernels, values[value].features);
    this.#edges.forEach(({ gradient, value }, i) => {
      gradient.pointer = workspace + offsets[i];
      gradient.stride = stride(value);
    });
    this.#nodes.forEach((node, i) => {
      node.outputGradients.forEach((view, k) => {
        const [edge] = this.#incoming[i][k];
        view.pointer = edge?.gradient.pointer ?? 0;
        view.stride = edge?.gradient.stride ?? 0;
      });
    });
  }

  /** Before a backward pass: what was added to tables in the one before is gone. */
  clearTables(): void {
    for (const { count, width, offset, record } of this.tables) {
      this.#kernels.clearRows(count, width, this.store + 4 * offset, this.store + 4 * record);
    }
  }

  /** Sums up what the readers of a node's outputs have written. */
  gather(node: number, B: number, steps: readonly number[]): void {
    for (const edges of this.#incoming[node]) {
      for (let i = 1; i < edges.length; i++) {
        const { value } = edges[i];
        const port = this.#graph.values[value];
        const to = edges[0].gradient;
        const from = edges[i].gradient;
        this.#kernels.addRows(
          rowsOf(port, B, steps[value]),
          to.stride,
          from.pointer,
          from.stride,
          to.pointer,
          to.stride,
        );
      }
    }
  }

  /** Adds what a node has written beside the gradients of its layer's weights. */
  share(node: number): void {
    const addition = this.#additions[node];
    if (!addition) return;
    const { floats, from, to } = addition;
    this.#kernels.addRows(1, floats, from, floats, to, floats);
  }
}

function tableOf({ name, offset, node }: Owner): TableSpan[] {
  if (!node.table) return [];
  const [rows, record] = node.blockFloats;
  const [span] = node.spans;
  return [
    {
      ...node.table,
      name: `${name}/${span.name}`,
      decay: span.decay,
      offset,
      record: offset + rows,
      room: offset + rows + record,
    },
  ];
}

/** Neighbours as one stretch, so that the gradients of all weights are measured in one call. */
function merged(owners: readonly Owner[]): Stretch[] {
  const stretches: { offset: number; length: number }[] = [];
  for (const { offset, trained } of owners) {
    const last = stretches.at(-1);
    if (last && last.offset + last.length === offset) last.length += trained;
    else stretches.push({ offset, length: trained });
  }
  return stretches;
}

/** Neighbours that decay alike as one span, so that an optimizer runs over all weights in few calls. */
function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    const both = last && join(last, span);
    if (both) result.pop();
    result.push(both ?? span);
  }
  return result;
}

/** Two spans as one, where the second stands behind the first and decays alike. */
function join(a: Span, b: Span): Span | undefined {
  const alike = a.decay === b.decay && a.runs === b.runs;
  // with several runs they take turns
  if (!alike || a.offset + a.length !== b.offset || (a.runs > 1 && a.stride !== b.stride)) return;
  const length = a.length + b.length;
  const whole = a.runs === 1 || length === a.stride;
  const name = `${a.name} ${b.name}`;
  return whole ? stretch(name, a.offset, a.runs * length, a.decay) : { ...a, name, length };
}
