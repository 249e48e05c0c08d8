// What layers have in common that alter their input in training alone: where their random numbers come from, and that
// inference hands the input on.
import { padded } from '../engine/kernels.js';
import { type SeedWords, seedWords } from '../random.js';
import { integerRule, nameRule } from '../rules.js';
import { float32Rule } from './catalogue.js';
import { type Context, type Extent, LayerNode, type Pass, type View } from './node.js';
import { inputShapeRule, type Port, rowsOf } from './port.js';

/** A seed of the layer's own. */
export const seedRule = integerRule(0);

/** A share of numbers that are dropped. */
export const shareRule = float32Rule(
  'a number from 0 up to, not including, 1',
  (value) => value >= 0 && Math.fround(value) < 1,
);

/** Options of layers that drop a share of their input. */
export const dropRules = {
  rate: { ...shareRule, required: true },
  seed: seedRule,
  inputShape: inputShapeRule,
  name: nameRule,
} as const;

/** Where the random numbers of a node come from: the counter is [training step, stream]. */
export interface Draws {
  readonly seed: SeedWords;
  readonly stream: number;
}

/** Without a seed of its own those of the model's seed that are this node's alone; with one the same wherever it stands. */
export const drawsOf = (seed: number | undefined, context: Context): Draws =>
  seed === undefined ? context : { seed: seedWords(seed), stream: 0 };

/** The part of a configuration that says a seed, where there is one. */
export const seedConfig = (seed: number | undefined): { readonly seed?: number } =>
  seed === undefined ? {} : { seed };

/** A node that hands its input on in inference. */
export abstract class NoiseNode extends LayerNode {
  override readonly passesThrough = true;
  protected readonly columns: number;
  readonly #draws: Draws;

  constructor(
    seed: number | undefined,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.columns = padded(this.kernels, inputs[0].features);
    this.#draws = drawsOf(seed, context);
  }

  protected rows({ B, steps }: Extent): number {
    return rowsOf(this.inputPorts[0], B, steps[0]);
  }

  /** Points the output at the input in inference, at `y` in training; true where there is something left to do. */
  protected begin({ training }: Pass, y: number): boolean {
    const [input] = this.inputs;
    const [output] = this.outputs;
    output.lengths = input.lengths;
    output.pointer = training ? y : input.pointer;
    output.stride = training ? this.columns : input.stride;
    return training;
  }

  /** The arguments seedLo, seedHi, counterLo, counterHi of the kernels that draw. */
  protected counter({ step }: Pass): readonly [number, number, number, number] {
    const { seed, stream } = this.#draws;
    return [seed.lo, seed.hi, step, stream];
  }

  /** y = x * noise (multiply) or x + noise. */
  protected apply(multiply: boolean, rows: number, x: View, noise: number, y: View): void {
    this.kernels.applyNoise(
      multiply ? 1 : 0,
      rows,
      this.inputPorts[0].features,
      x.pointer,
      x.stride,
      noise,
      this.columns,
      y.pointer,
      y.stride,
    );
  }
}
