// What one call of a layer is to the model: a node of its graph. A LayerNode knows sizes, and once
// bound, addresses. It never sees its neighbours: it reads `inputs`, writes `outputs`, and
// backwards. Kernels overwrite; sums over several readers of a value are the network's.
import type { Kernels } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import type { SeedWords } from '../random.js';
import type { Port, Shape } from './port.js';

/** Rows in Wasm memory. Sequences are time-major: row t * B + b. Padding columns hold 0. */
export interface View {
  /** Byte address of row 0. */
  pointer: number;
  /** Floats (or int32 numbers) from row to row. */
  stride: number;
  /**
   * Byte address of the batch's lengths, an int32 a sample: from that time step on a sample is
   * masked, or one below 0 where bytes tell of each step (assembly/recurrent/masks.ts). 0: nothing is masked.
   */
  lengths: number;
}

export const view = (stride = 0): View => ({ pointer: 0, stride, lengths: 0 });

/** A weight as the world sees it: contiguous float32 in the shape that Keras gives it. */
export interface WeightSpec {
  /** 'layer/weight': 'lstm/kernel', 'dense_1/bias' ... */
  readonly name: string;
  /** As Keras shapes it. */
  readonly shape: Shape;
}

/**
 * A region that a node wants beside its parameters. In training all of them keep their content
 * until the node's backward pass. In inference it is kept
 * 'step': while the node runs; 'output': until the last node that reads one of its outputs has
 * run; 'state': from one extent of time to the next. 'update': in training until the optimizer has moved the weights.
 */
export interface Demand {
  readonly name: string;
  readonly floats: number;
  readonly keeps: 'step' | 'output' | 'state' | 'update';
}

/** Memory that a node wants for one kind of pass. */
export interface Demands {
  readonly regions: readonly Demand[];
  /** Floats of scratch, which nothing outlives. */
  readonly forwardScratch: number;
  readonly backwardScratch: number;
}

/** The addresses a node works with; rebound when the memory plan changes. */
export interface Buffers {
  /** Parameters in the kernels' layout, one address per entry of `blockFloats`. */
  readonly blocks: readonly number[];
  /**
   * Where their gradients go, likewise. Empty where the layer is frozen: no gradient of its
   * weights is computed.
   */
  readonly gradients: readonly number[];
  /** One address per entry of `regions` in its demands. */
  readonly regions: readonly number[];
  readonly forwardScratch: number;
  readonly backwardScratch: number;
}

/** What a node may know when it is made. */
export interface Context {
  readonly name: string;
  readonly kernels: Kernels;
  readonly seed: SeedWords;
  /** The high counter word of the random stream that is this node's alone. */
  readonly stream: number;
  /** Whether what stands at masked steps of its output is taken for 0. Default false. */
  readonly zeroMasked?: boolean | undefined;
}

/** How much a pass covers: at most what was planned. */
export interface Extent {
  /** Samples. */
  readonly B: number;
  /** Time steps of each input of the node; 1 where it has no time axis. */
  readonly steps: readonly number[];
}

/**
 * How a pass runs. Training covers all time steps at once; inference may take one stretch of time
 * after the other, each going on from the state that the last one left.
 */
export interface Pass {
  readonly training: boolean;
  /** Training steps done before this one: the counter of every random mask. */
  readonly step: number;
  /** The first time step of this stretch. */
  readonly from: number;
  /** Which of what comes out counts for a penalty. */
  readonly counted: Counted;
}

/** What of a pass counts for penalties on outputs: each step of a sequence once. */
export interface Counted {
  /** Steps at the beginning that another pass has counted. */
  readonly before: number;
  /** Whether the sequences end in this pass: what is put out once a sequence counts then. */
  readonly ends: boolean;
  /** What the penalty is multiplied with. */
  readonly factor: number;
}

/** What a node remembers from one time step to the next: the h and the c of an LSTM. */
export interface StateSpec {
  readonly name: string;
  /** Numbers a sample. */
  readonly features: number;
  /** What they are before the first step. Default 0. */
  readonly begins?: number | undefined;
}

/** Where a pass finds and leaves states, [B, features] each; for the host to hold between two passes. */
export interface Carrying {
  /** Undefined: they begin at zero. */
  readonly begin: readonly Float32Array[] | undefined;
  /** Where those of the end go. */
  readonly end: readonly Float32Array[];
  /** In training: the time steps after which they are taken; those of the last step where there are fewer. */
  readonly steps: number;
}

/** What remembers, and can go on where another pass has ended. No gradient flows into that one. */
export interface Carrier {
  readonly name: string;
  readonly state: readonly StateSpec[];
  /** Whether it goes on from batch to batch by its own option. */
  readonly stateful: boolean;
  /** Set by the network before a pass; undefined: begins at zero, or in the states that it is given. */
  carrying: Carrying | undefined;
}

/**
 * Blocks of a layer whose weight is a table: rows [count][width], a record of the rows that the gradients of a
 * step touched (assembly/math/chosen-rows.ts), and room for `chunk` rows to be updated side by side.
 */
export interface RowTable {
  readonly count: number;
  readonly width: number;
  readonly chunk: number;
}

export abstract class LayerNode {
  abstract readonly className: string;
  /** In the order of getWeights; empty for a layer without parameters. */
  readonly weights: readonly WeightSpec[] = [];
  /** Floats of each parameter block in the kernels' layout (multiples of a SIMD vector). */
  readonly blockFloats: readonly number[] = [];
  /**
   * Where each of `weights` that gradients move stands, from the first float of the first block on, and whether it
   * decays.
   */
  readonly spans: readonly Span[] = [];
  /**
   * How many of `weights`, the last ones, are statistics: moved by training, but by no gradient. They stand in the last
   * blocks, one each.
   */
  readonly statistics: number = 0;
  /** Scratch that `initialize` needs. */
  readonly initializerFloats: number = 0;
  /**
   * Where the first block is a table of which a step touches some rows alone: see RowTable. The gradients of
   * such a layer are added to what stands there, and the network clears them before.
   */
  readonly table: RowTable | undefined = undefined;
  /** Whole numbers that its inputs may hold: from 0 up to, not including, this one. Undefined: any. */
  readonly numbersBelow: number | undefined = undefined;
  /** What it carries over time; empty for a node that sees each step by itself. */
  readonly state: readonly StateSpec[] = [];
  /** What in it can go on from pass to pass: itself, or nodes within it. */
  get carriers(): readonly Carrier[] {
    return [];
  }
  /** Where the entries of `state` stand in inference, once bound: a row a sample. */
  stateViews(): readonly View[] {
    return [];
  }
  /** True where inference hands the first input on untouched, as the only output. */
  readonly passesThrough: boolean = false;
  /** True where one time step depends on later ones: no pass takes its input in stretches of time. */
  readonly wholeSequences: boolean = false;
  /**
   * Where `wholeSequences`: the inputs that must be there as a whole; the others may come a step at a time, where those
   * are (the query of an attention). Undefined: all of them.
   */
  readonly wholeInputs: readonly number[] | undefined = undefined;
  /** Where there are `wholeInputs`: true where no step of the output depends on a step behind it of these. */
  readonly causal: boolean = false;
  /**
   * Of a causal node whose `wholeInputs` come a step a pass, set by who runs it so: how many there are at most; 0: they come
   * as a whole. The extent counts those that have come.
   */
  grows = 0;
  /**
   * Set likewise where `wholeInputs` are the same in each pass from step 0 on, while the other inputs come a step a pass: what
   * was made of them then may be kept.
   */
  stays = false;
  /**
   * True where a node that grows keeps what it needs of each step of `wholeInputs` by itself: their views are of the newest
   * step then, else of all that have come.
   */
  readonly keepsGrown: boolean = false;
  /** Where `keepsGrown`: what it keeps, a row a sample in each step. */
  grownViews(): readonly View[] {
    return [];
  }
  /** True where it adds to the loss by itself: see penalty. */
  readonly penalizes: boolean = false;
  /** True where `loss` reads the input: in inference it is kept as long as the output. */
  readonly keepsInput: boolean = false;

  readonly name: string;
  /** Set by the network before each pass; their lengths too. */
  readonly inputs: readonly View[];
  /** Set by the node in its forward pass; their lengths too. */
  readonly outputs: readonly View[];
  /**
   * dL/d output; read, and free to be overwritten. pointer 0 where nobody reads that output: its
   * gradient is 0.
   */
  readonly outputGradients: readonly View[];
  /** Where dL/d input goes; pointer 0 where nobody wants it. */
  readonly inputGradients: readonly View[];
  /**
   * Set by a loss that takes the softmax upon itself: the output are logits then, and its
   * gradient is dL/d logits. Nodes whose layer ends in a softmax look at it.
   */
  emitsLogits = false;
  protected readonly kernels: Kernels;
  protected buffers: Buffers = {
    blocks: [],
    gradients: [],
    regions: [],
    forwardScratch: 0,
    backwardScratch: 0,
  };

  constructor(
    readonly inputPorts: readonly Port[],
    readonly outputPorts: readonly Port[],
    context: Context,
  ) {
    this.name = context.name;
    this.kernels = context.kernels;
    this.inputs = inputPorts.map(() => view());
    this.outputs = outputPorts.map(() => view());
    this.outputGradients = outputPorts.map(() => view());
    this.inputGradients = inputPorts.map(() => view());
  }

  bind(buffers: Buffers): void {
    this.buffers = buffers;
  }

  /** Time steps of an output with a time axis, in a pass over that many of each input. */
  outputSteps(_output: number, steps: readonly number[]): number {
    return steps[0];
  }

  /** For passes over the extent or a smaller one. */
  abstract demands(extent: Extent, training: boolean): Demands;

  /**
   * Reads `inputs`, sets and writes `outputs`. An output without time that comes from a sequence
   * is that of the whole sequence once the last stretch of time is done.
   */
  abstract forward(extent: Extent, pass: Pass): void;
  /**
   * Of a layer with a loss of its own, after forward: the loss over the targets. backward follows from it,
   * and reads no gradient of the output.
   * @param rowWeights the address of a factor for each row; 0 for none.
   */
  loss(_extent: Extent, _target: View, _rowWeights: number): number {
    return Number.NaN;
  }
  /** Where it penalizes, after forward, before another node runs: what its outputs add to the loss. backward follows from it. */
  penalty(_extent: Extent, _pass: Pass): number {
    return 0;
  }
  /**
   * After forward in training: gradients of the parameters, and `inputGradients`. Not called
   * where nobody wants either.
   */
  abstract backward(extent: Extent, pass: Pass): void;

  /** After a forward pass in training: whether the statistics would stay finite with it. */
  statisticsAreFinite(): boolean {
    return true;
  }
  /** After a forward pass over B samples: the first one whose mean was taken over no step at all, and is NaN; -1 for none. */
  meanOfNothing(_B: number): number {
    return -1;
  }
  /** Takes it over into them, once the optimizer has moved the weights: in the order of the calls. */
  moveStatistics(): void {}

  /**
   * Draws initial values into `weights` (addresses, public layout), one stream a weight:
   * counter (firstStream + index, streamHigh).
   */
  initialize(
    _weights: readonly number[],
    _scratch: number,
    _seed: SeedWords,
    _firstStream: number,
    _streamHigh: number,
  ): void {}
  /** Public layout at `weights` -> the kernels' layout at `blocks`. */
  pack(_weights: readonly number[], _blocks: readonly number[]): void {}
  /** The way back. `blocks` may be the parameters or their gradients. */
  unpack(_weights: readonly number[], _blocks: readonly number[]): void {}
}
