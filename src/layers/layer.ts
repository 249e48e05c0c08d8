// What a layer is to the model. A Layer describes (units, rate ...) and owns nothing; connected
// to an input shape it becomes a LayerNode, which knows sizes, and once bound, addresses.
// A node never sees its neighbours: it reads `input`, writes `output`, and backwards.
import type { Kernels } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import { checkOption } from '../options.js';
import type { SeedWords } from '../random.js';

/** The shape of one sample: [features] or [timesteps, features]. */
export type Shape = readonly number[];

/** Rows in Wasm memory. Sequences are time-major: row t * B + b. Padding columns hold 0. */
export interface View {
  /** Byte address of row 0. */
  pointer: number;
  /** Floats from row to row. */
  stride: number;
}

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
 * 'step': while the node runs; 'output': until the last node that reads its output has run;
 * 'state': from one extent of time to the next.
 */
export interface Demand {
  readonly name: string;
  readonly floats: number;
  readonly keeps: 'step' | 'output' | 'state';
}

/** Memory that a node wants for one kind of pass. */
export interface Demands {
  readonly regions: readonly Demand[];
  /** Floats of scratch, which nothing outlives. */
  readonly forwardScratch: number;
  readonly backwardScratch: number;
}

/** The addresses a node works with; rebound when the memory plan changes. */
export interface Placement {
  /** Parameters in the kernels' layout, one address per entry of `blockFloats`. */
  readonly blocks: readonly number[];
  /** Their gradients, likewise. */
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
}

/** A stretch of the time axis: its first step, and how many there are. */
export interface Extent {
  readonly from: number;
  readonly steps: number;
}

/**
 * How a forward pass runs. It covers an extent of time: all time steps in training; in
 * inference one extent after the other, each going on from the state that the last one left.
 */
export interface Pass extends Extent {
  readonly training: boolean;
  /** Training steps done before this one: the counter of every random mask. */
  readonly step: number;
}

export abstract class LayerNode {
  abstract readonly className: string;
  abstract readonly inputShape: Shape;
  abstract readonly outputShape: Shape;
  /** In the order of getWeights; empty for a layer without parameters. */
  abstract readonly weights: readonly WeightSpec[];
  /** Floats of each parameter block in the kernels' layout (multiples of a SIMD vector). */
  abstract readonly blockFloats: readonly number[];
  /** Where each of `weights` stands, from the first float of the first block on. */
  abstract readonly spans: readonly Span[];
  /** True where inference hands the input on untouched. */
  readonly passesThrough: boolean = false;

  readonly name: string;
  readonly input: View = { pointer: 0, stride: 0 };
  readonly output: View = { pointer: 0, stride: 0 };
  /** dL/d output; read, and free to be overwritten. */
  readonly outputGradient: View = { pointer: 0, stride: 0 };
  /** Where dL/d input goes; pointer 0 where nobody wants it. */
  readonly inputGradient: View = { pointer: 0, stride: 0 };
  protected readonly kernels: Kernels;
  protected place: Placement = {
    blocks: [],
    gradients: [],
    regions: [],
    forwardScratch: 0,
    backwardScratch: 0,
  };

  constructor(context: Context) {
    this.name = context.name;
    this.kernels = context.kernels;
  }

  bind(place: Placement): void {
    this.place = place;
  }

  /**
   * For passes over B samples or fewer and extents of `steps` time steps or fewer; training always
   * covers all time steps.
   */
  abstract demands(B: number, steps: number, training: boolean): Demands;
  /** Scratch that `initialize` needs. */
  abstract readonly initializerFloats: number;

  /**
   * Reads `input`, sets and writes `output`, over the pass's extent. B may be below the plan's
   * batch. An output without time is that of the whole sequence once the last extent is done.
   */
  abstract forward(B: number, pass: Pass): void;
  /** After forward(B) in training: gradients of the parameters, and `inputGradient`. */
  abstract backward(B: number, pass: Pass): void;

  /**
   * Draws initial values into `weights` (addresses, public layout), one stream a weight:
   * counter (firstStream + index, streamHigh).
   */
  abstract initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void;
  /** Public layout at `weights` -> the kernels' layout at `blocks`. */
  abstract pack(weights: readonly number[], blocks: readonly number[]): void;
  /** The way back. `blocks` may be the parameters or their gradients. */
  abstract unpack(weights: readonly number[], blocks: readonly number[]): void;
}

/** A layer as the user writes it; the same object describes it in one model only. */
export interface Layer {
  /** 'LSTM', 'Dense' or 'Dropout', as in Keras. */
  readonly className: string;
  /** The name it was given; undefined: the model names it. */
  readonly name: string | undefined;
  /** The shape of a sample, where it was given. */
  readonly inputShape: Shape | undefined;
  /** JSON-able: what `fromConfig` of the model gives back to the layer's function. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * Makes the node that runs it.
   * @throws SluiceError 'bad-shape' where the input does not fit the layer.
   * @internal
   */
  connect(input: Shape, context: Context): LayerNode;
}

export const floatsOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Rows of a batch of B: one a sample, or one a sample and each of `steps` time steps (default: all). */
export const rowsOf = (shape: Shape, B: number, steps = shape[0]): number =>
  shape.length === 2 ? steps * B : B;

/** The time steps of a sample; 1 where it has no time axis. */
export const stepsOf = (shape: Shape): number => (shape.length === 2 ? shape[0] : 1);

export const featuresOf = (shape: Shape): number => shape[shape.length - 1];

export const inputShapeRule = {
  expected: '[timesteps, features] or [features], positive integers without the batch',
  holds: (value: unknown) =>
    Array.isArray(value) &&
    (value.length === 1 || value.length === 2) &&
    // spread, for a hole is no size and every() passes over it
    [...value].every((size) => Number.isSafeInteger(size) && size > 0),
};

export function checkInputShape(subject: string, shape: Shape): Shape {
  const { holds, expected } = inputShapeRule;
  return [...checkOption(subject, 'inputShape', shape, holds(shape), expected)];
}
