import { padded } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import { booleanRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
import { Layer } from './layer.js';
import { type Context, type Demands, type Extent, LayerNode, type View } from './node.js';
import { floatPort, type Port, port, portText } from './port.js';

/** Options of layers.dot, named as in Keras. */
export interface DotOptions {
  /**
   * Which axis of each input is summed over, or one for both: 1 or 2, or -1 and -2 from the last axis on; axis 0 is the
   * batch. Of [n, F] 1 are the features, of [n, T, F] 1 is time and 2 the features. Required.
   */
  axes: number | readonly [number, number];
  /** Divides by the lengths of the vectors that are multiplied: their cosine comes out. Default false. */
  normalize?: boolean | undefined;
  /** Names the layer; not empty. Default 'dot', then 'dot_1' ... */
  name?: string | undefined;
}

const isAxis = (value: unknown) => Number.isInteger(value) && Math.abs(value as number) <= 2;

const rules = {
  axes: {
    expected: 'an axis of both inputs, 1, 2, -1 or -2, or an array of one for each',
    holds: (value: unknown) =>
      Array.isArray(value)
        ? value.length === 2 && [...value].every((axis) => isAxis(axis) && axis !== 0)
        : isAxis(value) && value !== 0,
    kept: (value: unknown) =>
      (Array.isArray(value) ? [...value] : value) as number | readonly [number, number],
    required: true,
  },
  normalize: { ...booleanRule, otherwise: () => false },
  name: nameRule,
} satisfies Rules<DotOptions>;

type Config = Omit<Settled<DotOptions, typeof rules>, 'name'>;

/**
 * The product of two values over one axis of each, sample by sample, as Keras' Dot: x [n, T, F] and y [n, S, F] with
 * axes 2 give [n, T, S]; [n, F] and [n, F] with axes 1 give [n, 1]. What comes out has the other axes of x, then those
 * of y. It hands on no mask.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function dot(options: DotOptions): Layer {
  const { name, ...config } = settle('layers.dot', options, rules);
  return new Layer({
    className: 'Dot',
    name,
    config,
    takes: 'several',
    outputs: (inputs, label) => [productPort(config, inputs, label)],
    connect: (inputs, outputs, context) => new DotNode(config, inputs, outputs, context),
  });
}

/** One input: a matrix of each sample, which holds [outer][K], or [K][outer] where time is summed over. */
interface Operand {
  readonly index: number;
  readonly overTime: boolean;
  readonly vector: boolean;
  readonly outer: number;
  readonly K: number;
}

type Place = Pick<View, 'pointer' | 'stride'>;

function operandOf(input: Port, index: number, { axes }: Config): Operand | undefined {
  const axis = typeof axes === 'number' ? axes : axes[index];
  const rank = input.sequence ? 3 : 2;
  const place = axis < 0 ? axis + rank : axis;
  if (place < 1 || place >= rank) return undefined;
  const overTime = input.sequence && place === 1;
  const [K, outer] = overTime ? [input.steps, input.features] : [input.features, input.steps];
  return { index, overTime, vector: !input.sequence, outer, K };
}

/** The factors in the order in which their product has rows: a vector first. */
function factors(config: Config, inputs: readonly Port[]): readonly Operand[] | undefined {
  const [x, y] = inputs.map((input, i) => operandOf(input, i, config));
  if (!x || !y) return undefined;
  return y.vector && !x.vector ? [y, x] : [x, y];
}

function productPort(config: Config, inputs: readonly Port[], label: string): Port {
  if (inputs.length !== 2) {
    throw new SluiceError('bad-shape', `${label}: dot takes two values, but got ${inputs.length}`);
  }
  for (const input of inputs) floatPort(label, input);
  const pair = factors(config, inputs);
  if (!pair || pair[0].K !== pair[1].K) {
    throw new SluiceError(
      'bad-shape',
      `${label}: axes ${[config.axes].flat().join(', ')} must be axes of the same size, counted from the batch, ` +
        `which is 0; the inputs without it are ${inputs.map(portText).join(' and ')}`,
    );
  }
  const [left, right] = pair;
  return port(left.vector ? [right.outer] : [left.outer, right.outer]);
}

class DotNode extends LayerNode {
  readonly className = 'Dot';
  override readonly wholeSequences: boolean;
  override readonly wholeInputs: readonly number[] | undefined;
  readonly #normalize: boolean;
  readonly #left: Operand;
  readonly #right: Operand;

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    this.#normalize = config.normalize;
    [this.#left, this.#right] = factors(config, inputs) as Operand[];
    const { vector, overTime } = this.#left;
    this.wholeSequences = inputs.some(({ sequence }) => sequence);
    this.wholeInputs = vector || overTime ? undefined : [1];
    this.outputs[0].stride = padded(this.kernels, outputs[0].features);
  }

  override outputSteps(_output: number, steps: readonly number[]): number {
    return this.#left.overTime ? this.#left.outer : steps[0];
  }

  demands(extent: Extent, training: boolean): Demands {
    const { kernels } = this;
    const { B } = extent;
    const [M, K, N] = this.#sizes(extent);
    const normalized = this.inputPorts.flatMap(({ features, sequence }, i) => {
      if (!this.#normalize) return [];
      const columns = padded(kernels, features);
      const rows = B * (sequence ? extent.steps[i] : 1);
      const inverses = this.#operand(i).overTime ? B * columns : rows;
      return [
        { name: `unit ${i}`, floats: rows * columns, keeps: 'step' as const },
        { name: `inverses ${i}`, floats: padded(kernels, inverses), keeps: 'step' as const },
      ];
    });
    const scratch = Math.max(
      kernels.batchProductFloats(M, K, N),
      training ? kernels.batchProductFloats(M, N, K) : 0,
      training ? kernels.batchProductFloats(K, M, N) : 0,
      training ? kernels.batchProductFloats(K, N, M) : 0,
      training ? kernels.batchProductFloats(N, M, K) : 0,
    );
    return {
      regions: [
        { name: 'y', floats: B * M * this.outputs[0].stride, keeps: 'output' },
        ...normalized,
      ],
      forwardScratch: scratch,
      backwardScratch: training ? scratch : 0,
    };
  }

  #operand(index: number): Operand {
    return this.#left.index === index ? this.#left : this.#right;
  }

  /** Rows, summands and columns of the product of a sample. */
  #sizes({ steps }: Extent): readonly [number, number, number] {
    const left = this.#left;
    const M = left.vector ? 1 : left.overTime ? left.outer : steps[left.index];
    return [M, left.K, this.#right.outer];
  }

  forward(extent: Extent): void {
    const { kernels, buffers } = this;
    const [output] = this.outputs;
    const [M, K, N] = this.#sizes(extent);
    if (this.#normalize) this.#unify(extent);
    const a = this.#factor(this.#left);
    const b = this.#factor(this.#right);
    output.pointer = buffers.regions[0];
    output.lengths = 0;
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(extent.B, 1, M, K, N, a.pointer, a.stride, 0, this.#left.overTime, b.pointer, b.stride, 0, !this.#right.overTime, output.pointer, output.stride, 0, buffers.forwardScratch);
  }

  #factor({ index }: Operand): Place {
    if (!this.#normalize) return this.inputs[index];
    const stride = padded(this.kernels, this.inputPorts[index].features);
    return { pointer: this.buffers.regions[1 + 2 * index], stride };
  }

  #unify({ B, steps }: Extent): void {
    const { kernels, buffers } = this;
    for (const operand of [this.#left, this.#right]) {
      const { index, overTime } = operand;
      const { pointer, stride } = this.inputs[index];
      const { features, sequence } = this.inputPorts[index];
      const T = sequence ? steps[index] : 1;
      const to = this.#factor(operand);
      const inverses = buffers.regions[2 + 2 * index];
      const places = [pointer, stride, to.pointer, to.stride, inverses] as const;
      if (overTime) kernels.normalizeSteps(B, T, features, ...places);
      else kernels.normalizeRows(B * T, features, ...places);
    }
  }

  /** A gradient of an input has the layout of that input, so its product is turned where that is. */
  backward(extent: Extent): void {
    const { kernels, inputGradients } = this;
    const { B } = extent;
    const [M, K, N] = this.#sizes(extent);
    const [dY] = this.outputGradients;
    const scratch = this.buffers.backwardScratch;
    const left = this.#left;
    const right = this.#right;
    const product = (
      [m, k, n]: readonly number[],
      a: Place,
      aTurned: boolean,
      b: Place,
      bTurned: boolean,
      to: View,
    ) => {
      if (to.pointer === 0) return;
      // biome-ignore format: the argument list of the contract
      kernels.batchProduct(B, 1, m, k, n, a.pointer, a.stride, 0, aTurned, b.pointer, b.stride, 0, bTurned, to.pointer, to.stride, 0, scratch);
    };
    const a = this.#factor(left);
    const b = this.#factor(right);
    const dA = inputGradients[left.index];
    const dB = inputGradients[right.index];
    if (left.overTime) product([K, N, M], b, !right.overTime, dY, true, dA);
    else product([M, N, K], dY, false, b, right.overTime, dA);
    if (right.overTime) product([K, M, N], a, !left.overTime, dY, false, dB);
    else product([N, M, K], dY, true, a, left.overTime, dB);
    if (this.#normalize) this.#unifyBackward(extent);
  }

  #unifyBackward({ B, steps }: Extent): void {
    const { kernels, buffers } = this;
    for (const operand of [this.#left, this.#right]) {
      const { index, overTime } = operand;
      const d = this.inputGradients[index];
      if (d.pointer === 0) continue;
      const { features, sequence } = this.inputPorts[index];
      const T = sequence ? steps[index] : 1;
      const unit = this.#factor(operand);
      const inverses = buffers.regions[2 + 2 * index];
      const places = [unit.pointer, unit.stride, inverses, d.pointer, d.stride] as const;
      if (overTime) kernels.normalizeStepsBackward(B, T, features, ...places);
      else kernels.normalizeRowsBackward(B * T, features, ...places);
    }
  }
}
