import type { Kernels } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import type { Demands, LayerNode, Pass, View } from '../layers/node.js';
import { type Port, rowsOf } from '../layers/port.js';
import type { SeedWords } from '../random.js';
import type { Window } from './batches.js';
import type { Carried, Carry } from './carry.js';
import { type Entry, entriesOf, type Head, headsOf, strideOf } from './ends.js';
import { Gradients } from './gradients.js';
import type { Graph } from './graph.js';
import { Grown } from './grown.js';
import { Owners } from './owners.js';
import type { Plan, PlanRequest } from './plan.js';
import { layerStream } from './streams.js';

/** Rows of a sequence that inference stages at once: enough for the kernels, few for the cache. */
const INFERENCE_ROWS = 1024;

/** Where one input comes a time step at a time, and what it meets comes as a whole: see decoder-graph.ts. */
export interface Stepping {
  /** Of each value: whether it comes a step at a time. */
  readonly stepped: readonly boolean[];
  /** Of each node, of each input: a sequence that is there as a whole, of which each step reads its own. */
  readonly follows: readonly (readonly boolean[])[];
  /** Of each node, of each input: a sequence that grows by the step that has come, all of which a causal node looks at. */
  readonly grows: readonly (readonly boolean[])[];
  /** Which nodes run at each step; the others run once. */
  readonly inSteps: readonly boolean[];
}

/** How much a pass over B samples covers: B, and time steps of each input of each node. */
interface NodeExtent {
  B: number;
  readonly steps: number[];
}

/** The calls of a graph connected to the kernels: sizes, passes, and where bytes lie. */
export class Network {
  /** One a call, each after those that it reads. */
  readonly nodes: readonly LayerNode[];
  readonly inputs: readonly Entry[];
  readonly heads: readonly Head[];
  /** The parameters and whose they are. */
  readonly owners: Owners;
  /** Which gradients are computed, and how they flow. */
  readonly gradients: Gradients;
  readonly #kernels: Kernels;
  readonly graph: Graph;
  readonly #values: readonly View[];
  readonly #extents: readonly NodeExtent[];
  /** Time steps of each value in the present pass. */
  readonly #steps: number[];
  /** The time steps of all sequences, where inference may take them in stretches; else 0. */
  readonly #streamed: number;
  /** Time steps that a training step covers at most; undefined: all. For who takes time in stretches. */
  window: number | undefined;
  readonly #counted = { before: 0, ends: true, factor: 1 };
  readonly #pass = { training: false, step: 0, from: 0, counted: this.#counted };
  /** What penalties on outputs add to the loss of the last forward pass. */
  activity = 0;
  #stepping: Stepping | undefined;
  /** Of each node in steps: what it keeps of its inputs that grow; undefined where there are none. */
  grown: readonly (Grown | undefined)[] = [];
  /** Which step the sequences are read at that are there as a whole. */
  #row = 0;

  constructor(graph: Graph, kernels: Kernels, seed: SeedWords) {
    this.graph = graph;
    this.#kernels = kernels;
    const { values, calls, layers } = graph;
    this.nodes = calls.map(({ layer, inputs }, i) => {
      const ports = inputs.map((value) => values[value]);
      const { name } = layers[layer];
      return layers[layer].layer.connect(ports, { name, kernels, seed, stream: layerStream(i) });
    });
    this.owners = new Owners(graph, this.nodes);
    this.inputs = entriesOf(graph, this.nodes, kernels);
    this.#values = this.#views();
    this.heads = headsOf(graph, this.nodes, this.#values, kernels);
    this.gradients = new Gradients(graph, this.nodes, this.heads, this.owners, kernels);
    this.#extents = this.nodes.map(({ inputs }) => ({ B: 0, steps: inputs.map(() => 1) }));
    this.#steps = values.map(({ steps }) => steps);
    const whole = this.nodes.some(({ wholeSequences }) => wholeSequences);
    this.#streamed = whole ? 0 : streamedSteps(graph);
  }

  /**
   * From now on one input comes a step at a time: `cover` says how many, `run` what runs.
   * @param most steps at most, where a node looks at all that have come
   */
  step(stepping: Stepping, most: number): void {
    this.#stepping = stepping;
    this.grown = this.nodes.map((node, i) => {
      const grows = stepping.grows[i];
      node.stays = stepping.inSteps[i] && !grows.includes(true);
      if (!grows.includes(true)) return undefined;
      const { calls, values } = this.graph;
      return new Grown(this.#kernels, node, calls[i], values, grows, most);
    });
  }

  /** Where a value stands in the present pass. */
  valueView(value: number): View {
    return this.#values[value];
  }

  /** Where each value stands: what was staged, or what the nodes put out. */
  #views(): View[] {
    const views = this.inputs.map((entry) => entry.view);
    this.graph.calls.forEach(({ outputs }, i) => {
      outputs.forEach((value, k) => {
        views[value] = this.nodes[i].outputs[k];
      });
    });
    return views;
  }

  /** The time steps of the longest sequence; 1 where there is none. */
  get allSteps(): number {
    return Math.max(1, ...this.graph.values.map(({ steps }) => steps));
  }

  /** Time steps that a pass over B samples covers at once. */
  steps(B: number, training: boolean): number {
    if (training && this.window !== undefined) return Math.min(this.window, this.allSteps);
    if (training || this.#streamed === 0) return this.allSteps;
    return Math.min(this.#streamed, Math.max(1, Math.floor(INFERENCE_ROWS / B)));
  }

  /** What a pass over at most B samples and so many time steps needs, for the planner. */
  request(B: number, training: boolean, steps = this.steps(B, training)): PlanRequest {
    this.#cover(B, steps);
    const rows = (port: Port, value: number) => rowsOf(port, B, this.#steps[value]);
    const wide = (value: number) => {
      const port = this.graph.values[value];
      return rows(port, value) * strideOf(this.#kernels, port);
    };
    return {
      training,
      inputs: this.inputs.map((_, value) => wide(value)),
      heads: this.heads.map((head) => ({
        value: head.value,
        floats: wide(head.value),
        rows: rows(head.port, head.value),
      })),
      nodes: this.nodes.map((node, i) => ({
        name: node.name,
        inputs: this.graph.calls[i].inputs,
        outputs: this.graph.calls[i].outputs,
        passesThrough: node.passesThrough || node.keepsInput,
        demands: this.#kept(i, node.demands(this.#extents[i], training)),
        sharedFloats: training ? this.gradients.sharedFloats(i) : 0,
      })),
      edges: training ? this.gradients.edges(wide) : [],
    };
  }

  /** What runs once keeps what it has put out for all steps. */
  #kept(node: number, demands: Demands): Demands {
    const grown = this.grown[node];
    if (!this.#stepping || (this.#stepping.inSteps[node] && !grown)) return demands;
    // of what grows too, so that columns of steps to come stay 0
    const regions = demands.regions.map((region) =>
      region.keeps === 'output' ? { ...region, keeps: 'state' as const } : region,
    );
    const { B } = this.#extents[node];
    return { ...demands, regions: [...regions, ...(grown?.demands(B) ?? [])] };
  }

  /** Points every node at its bytes. */
  bind(plan: Plan, workspace: number, parameters: number, gradients: number): void {
    this.inputs.forEach((entry, i) => {
      entry.view.pointer = workspace + plan.inputs[i];
    });
    this.heads.forEach((head, i) => {
      head.target.pointer = workspace + plan.heads[i].target;
      head.rowWeights.pointer = workspace + plan.heads[i].rowWeights;
    });
    this.nodes.forEach((node, i) => {
      const places = plan.nodes[i];
      const regions = places.regions.map((offset) => workspace + offset);
      node.bind({
        blocks: this.owners.blocks(i, parameters),
        gradients: this.gradients.blocks(i, gradients, workspace + places.shared),
        regions,
        forwardScratch: workspace + places.forwardScratch,
        backwardScratch: workspace + places.backwardScratch,
      });
      this.grown[i]?.bind(regions);
    });
    this.gradients.store = gradients;
    this.gradients.bind(plan.edges, workspace);
  }

  /**
   * Says what the coming passes cover: B samples, and in inference `steps` time steps from `from`
   * on.
   */
  cover(training: boolean, step: number, B: number, from: number, steps: number): Pass {
    this.#cover(B, steps);
    this.#pass.training = training;
    this.#pass.step = step;
    this.#pass.from = from;
    return this.#pass;
  }

  #cover(B: number, steps: number): void {
    const { values, calls, inputs } = this.graph;
    const stepping = this.#stepping;
    const all = this.#streamed === 0;
    for (const { value } of inputs) {
      const some = stepping ? stepping.stepped[value] : values[value].sequence && !all;
      this.#steps[value] = some ? steps : values[value].steps;
    }
    for (let i = 0; i < calls.length; i++) {
      const extent = this.#extents[i];
      extent.B = B;
      calls[i].inputs.forEach((value, k) => {
        const grown = stepping?.grows[i][k] ? this.grown[i] : undefined;
        extent.steps[k] = grown?.steps ?? (stepping?.follows[i][k] ? steps : this.#steps[value]);
      });
      calls[i].outputs.forEach((value, k) => {
        const { sequence } = values[value];
        this.#steps[value] = sequence ? this.nodes[i].outputSteps(k, extent.steps) : 1;
      });
    }
  }

  /**
   * What goes on from pass to pass.
   * @param all of every layer that remembers, else of those that are stateful
   * @throws SluiceError 'bad-option' for a stateful layer that is called twice
   */
  carried(all: boolean): Carried[] {
    const { calls, layers } = this.graph;
    return this.nodes.flatMap(({ carriers }, i) => {
      const own = carriers.filter(({ stateful }) => all || stateful);
      const { layer } = calls[i];
      const times = calls.filter((call) => call.layer === layer).length;
      const { name } = layers[layer];
      if (times > 1 && own.some(({ stateful }) => stateful)) {
        throw new SluiceError(
          'bad-option',
          `layer ${name} is stateful, and called ${times} times in the model; its states would be mixed: make a layer for each call`,
        );
      }
      return own.map((carrier) => ({ carrier, layer: name }));
    });
  }

  /** Says in which states the coming pass over B samples begins; undefined: at zero. @param steps see Carry.begin */
  begin(carry: Carry | undefined, B: number, steps?: number): void {
    for (const { carriers } of this.nodes) {
      for (const carrier of carriers) carrier.carrying = undefined;
    }
    carry?.begin(B, steps);
  }

  /** Whether inference takes time in stretches. */
  get streams(): boolean {
    return this.#streamed > 0;
  }

  /** The loss over an output whose layer computes it. */
  layerLoss({ node, target }: Head, rowWeights: number): number {
    const i = this.nodes.indexOf(node as LayerNode);
    return this.nodes[i].loss(this.#extents[i], target, rowWeights);
  }

  /** Rows of a head's output in the present pass. */
  rows({ port, value }: Head, B: number): number {
    return rowsOf(port, B, this.#steps[value]);
  }

  /**
   * Forward over what is staged and covered; `logits` leaves softmaxes to the losses that take
   * them, and counts penalties. Where the sequence goes on, nodes above those that wait for its end do not run.
   * @param window of truncated backpropagation, which trains with a part of the sequences
   */
  forward(logits: boolean, ends: boolean, window?: Window): void {
    this.#emit(logits);
    const { calls, values } = this.graph;
    const counted = this.#counted;
    counted.before = window ? window.steps - window.scored : 0;
    counted.ends = window ? window.from + window.steps >= this.allSteps : ends;
    counted.factor = window ? 1 / window.share : 1;
    this.activity = 0;
    for (let i = 0; i < calls.length; i++) {
      if (!ends && !values[calls[i].inputs[0]].sequence) continue;
      this.#run(i);
      const node = this.nodes[i];
      if (logits && node.penalizes) this.activity += node.penalty(this.#extents[i], this.#pass);
    }
  }

  /** Of a network in steps: what runs once, or step `row` of what runs at each. */
  run(once: boolean, row: number): void {
    this.#emit(true);
    this.#row = row;
    const { inSteps } = this.#stepping as Stepping;
    for (let i = 0; i < inSteps.length; i++) if (inSteps[i] !== once) this.#run(i);
  }

  #emit(logits: boolean): void {
    for (const { node, fusesSoftmax } of this.heads) {
      if (node) node.emitsLogits = logits && fusesSoftmax;
    }
  }

  #run(i: number): void {
    const { inputs } = this.graph.calls[i];
    const follows = this.#stepping?.follows[i];
    const node = this.nodes[i];
    for (let k = 0; k < inputs.length; k++) {
      const from = this.#values[inputs[k]];
      const to = node.inputs[k];
      to.pointer = from.pointer;
      if (follows?.[k]) to.pointer += 4 * this.#row * this.#extents[i].B * from.stride;
      to.stride = from.stride;
      to.lengths = from.lengths;
    }
    this.grown[i]?.take(this.#extents[i].B);
    node.forward(this.#extents[i], this.#pass);
  }

  /** After a forward pass: where a mean was taken over no step at all, in words; undefined where none was. */
  get meanOfNothing(): string | undefined {
    for (let i = 0; i < this.nodes.length; i++) {
      const node = this.nodes[i];
      const sample = node.meanOfNothing(this.#extents[i].B);
      if (sample < 0) continue;
      return (
        `layer ${node.name} (${node.className}) has no mean for sample ${sample} of the batch, all of whose steps are masked ` +
        '(0 / 0, as in Keras)'
      );
    }
    return undefined;
  }

  /** After a forward pass in training: whether what else a step moves, moving means, stays finite. */
  statisticsAreFinite(): boolean {
    for (const node of this.nodes) if (!node.statisticsAreFinite()) return false;
    return true;
  }

  /** Moves them, once the optimizer has moved the weights. */
  moveStatistics(): void {
    for (const node of this.nodes) node.moveStatistics();
  }

  /** Backward from the gradients that the losses have written. */
  backward(): void {
    this.gradients.clearTables();
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      if (!this.gradients.active[i]) continue;
      this.gradients.gather(i, this.#extents[i].B, this.#steps);
      this.nodes[i].backward(this.#extents[i], this.#pass);
      this.gradients.share(i);
    }
  }
}

/**
 * Inference takes time in stretches where all sequences have the same steps, and no node reads or
 * gives both a sequence and a value that is none before the sequence has ended.
 */
function streamedSteps({ values, calls }: Graph): number {
  const sequences = values.filter(({ sequence }) => sequence);
  const steps = sequences[0]?.steps ?? 0;
  const simple = calls.every(({ inputs, outputs }) => {
    const kinds = new Set(inputs.map((value) => values[value].sequence));
    return kinds.size === 1 && (kinds.has(true) || outputs.every((one) => !values[one].sequence));
  });
  return simple && sequences.every((one) => one.steps === steps) ? steps : 0;
}
