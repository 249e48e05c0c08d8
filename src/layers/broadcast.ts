// Shapes that fit each other as in Keras' merge layers: axes of 1 stand for all, and [features] for every time step.
import type { Kernels } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import type { View } from './node.js';
import { type Port, port, portText, type Shape } from './port.js';

/**
 * The shape that values have together: sizes from the last axis on are the same, or 1 in one of them.
 * @throws SluiceError 'bad-shape' where they do not fit.
 */
export function broadcastPort(label: string, what: string, inputs: readonly Port[]): Port {
  const shape = inputs.map(({ shape }) => shape).reduce<Shape | undefined>(both, []);
  if (shape) return port(shape);
  throw new SluiceError(
    'bad-shape',
    `${label}: ${what} needs values of one shape, or with axes of 1 that stand for all, but got ` +
      `${inputs.map(portText).join(' and ')}; bring them to one shape, with a dense layer or layers.reshape`,
  );
}

function both(a: Shape | undefined, b: Shape): Shape | undefined {
  if (!a) return undefined;
  const [long, short] = a.length < b.length ? [b, a] : [a, b];
  const ahead = long.length - short.length;
  const shape = long.map((size, axis) => {
    const other = axis < ahead ? 1 : short[axis - ahead];
    if (size === other || other === 1) return size;
    return size === 1 ? other : Number.NaN;
  });
  return shape.includes(Number.NaN) ? undefined : shape;
}

/** One input of a node whose output is wider: the way there, and back for its gradient. */
export class Spread {
  readonly #kernels: Kernels;
  readonly #features: number;
  readonly #overTime: boolean;
  readonly #overColumns: boolean;
  readonly #columns: number;

  constructor(kernels: Kernels, input: Port, output: Port) {
    this.#kernels = kernels;
    this.#features = input.features;
    this.#columns = output.features;
    this.#overTime = input.steps !== output.steps;
    this.#overColumns = input.features !== output.features;
  }

  /** False where the input has the shape of the output as it is. */
  get needed(): boolean {
    return this.#overTime || this.#overColumns;
  }

  /** to: T * B rows of the output's columns. */
  widen(B: number, T: number, x: View, to: View): void {
    const kernels = this.#kernels;
    if (this.#overTime) {
      kernels.repeatRows(B, T, this.#features, x.pointer, x.stride, to.pointer, to.stride);
    }
    if (!this.#overColumns) return;
    const from = this.#overTime ? to : x;
    const { pointer, stride } = from;
    kernels.repeatColumns(B * T, this.#columns, pointer, stride, to.pointer, to.stride);
  }

  /** dX = what is asked of all places that x stands for. `asked`, T * B rows, is overwritten. */
  narrow(B: number, T: number, asked: View, dX: View): void {
    const kernels = this.#kernels;
    const { pointer, stride } = asked;
    if (this.#overColumns) {
      const to = this.#overTime ? asked : dX;
      kernels.sumColumns(B * T, this.#columns, pointer, stride, to.pointer, to.stride);
    }
    if (!this.#overTime) return;
    kernels.sumRows(B, T, this.#features, pointer, stride, dX.pointer, dX.stride);
  }
}
