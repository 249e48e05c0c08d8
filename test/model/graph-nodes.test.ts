// What a graph asks of its nodes, by layers of the tests' own: several outputs, integers, values
// that many read; and the gradients of a whole graph by finite differences in float64.
import { input, layers, type Model, model, type Tensor, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { padded } from '../../src/engine/kernels.js';
import { Layer, type SymbolicTensor } from '../../src/layers/layer.js';
import { type Context, type Extent, LayerNode } from '../../src/layers/node.js';
import { type Port, port, rowsOf } from '../../src/layers/port.js';
import { internals } from '../../src/model/model.js';
import { readWeights } from '../../src/model/parameters.js';
import { denseForward } from '../reference/dense.js';
import { lstmForward } from '../reference/lstm.js';
import { gradientError } from '../support/gradient.js';
import { noise, oneHot } from '../support/samples.js';

/** Cuts the features of a value into two values: two outputs of one node. */
class SplitNode extends LayerNode {
  readonly className = 'Split';

  demands(extent: Extent, _training: boolean) {
    const regions = this.outputPorts.map(({ features }, k) => ({
      name: `part ${k}`,
      floats: this.#rows(extent) * padded(this.kernels, features),
      keeps: 'output' as const,
    }));
    return { regions, forwardScratch: 0, backwardScratch: 0 };
  }

  forward(extent: Extent): void {
    let { pointer: from } = this.inputs[0];
    this.outputPorts.forEach(({ features }, k) => {
      const to = this.outputs[k];
      to.pointer = this.buffers.regions[k];
      to.stride = padded(this.kernels, features);
      const zeros = to.stride - features;
      const { stride } = this.inputs[0];
      const rows = this.#rows(extent);
      this.kernels.copyColumns(rows, features, zeros, from, stride, to.pointer, to.stride);
      from += 4 * features;
    });
  }

  /** An output that nobody reads has no gradient: its columns are 0. */
  backward(extent: Extent): void {
    const { pointer, stride } = this.inputGradients[0];
    const rows = this.#rows(extent);
    this.kernels.fill(rows * stride, pointer, 0);
    let to = pointer;
    this.outputPorts.forEach(({ features }, k) => {
      const from = this.outputGradients[k];
      if (from.pointer !== 0) {
        this.kernels.copyColumns(rows, features, 0, from.pointer, from.stride, to, stride);
      }
      to += 4 * features;
    });
  }

  #rows({ B, steps }: Extent): number {
    return rowsOf(this.inputPorts[0], B, steps[0]);
  }
}

const split = (first: number) =>
  new Layer<readonly SymbolicTensor[]>({
    className: 'Split',
    name: undefined,
    config: {},
    outputs: ([{ shape, features }]) =>
      [first, features - first].map((size) => port([...shape.slice(0, -1), size])),
    connect: (inputs, outputs, context) => new SplitNode(inputs, outputs, context),
  });

/** Rows of zeros with a one where the integer says. */
class OneHotNode extends LayerNode {
  readonly className = 'OneHot';

  constructor(inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    this.outputs[0].stride = padded(this.kernels, outputs[0].features);
  }

  demands({ B, steps }: Extent) {
    const floats = B * steps[0] * this.outputs[0].stride;
    const regions = [{ name: 'y', floats, keeps: 'output' as const }];
    return { regions, forwardScratch: 0, backwardScratch: 0 };
  }

  forward({ B, steps }: Extent): void {
    const [output] = this.outputs;
    [output.pointer] = this.buffers.regions;
    const { buffer } = this.kernels.memory;
    const rows = B * steps[0];
    const numbers = new Int32Array(buffer, this.inputs[0].pointer, rows);
    const floats = new Float32Array(buffer, output.pointer, rows * output.stride).fill(0);
    numbers.forEach((number, row) => {
      floats[row * output.stride + number] = 1;
    });
  }

  backward(): void {
    throw new Error('nothing below wants a gradient');
  }
}

const oneHotOf = (classes: number) =>
  new Layer({
    className: 'OneHot',
    name: undefined,
    config: {},
    outputs: ([{ steps }]) => [port([steps, classes])],
    connect: (inputs, outputs, context) => new OneHotNode(inputs, outputs, context),
  });

/** Hands values on as they are, and says where samples end: the first number of each tells it. */
class LengthsNode extends LayerNode {
  readonly className = 'Lengths';

  constructor(inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    this.outputs[0].stride = padded(this.kernels, outputs[0].features);
  }

  demands({ B }: Extent) {
    const regions = [{ name: 'lengths', floats: B, keeps: 'state' as const }];
    return { regions, forwardScratch: 0, backwardScratch: 0 };
  }

  forward({ B }: Extent, { from }: { from: number }): void {
    const [input] = this.inputs;
    const [output] = this.outputs;
    Object.assign(output, { pointer: input.pointer, stride: input.stride });
    [output.lengths] = this.buffers.regions;
    if (from > 0) return;
    const { buffer } = this.kernels.memory;
    const lengths = new Int32Array(buffer, output.lengths, B);
    const rows = new Float32Array(buffer, input.pointer, B * input.stride);
    for (let b = 0; b < B; b++) lengths[b] = rows[b * input.stride];
  }

  backward(): void {
    throw new Error('nothing below wants a gradient');
  }
}

const lengthsLayer = () =>
  new Layer({
    className: 'Lengths',
    name: undefined,
    config: {},
    outputs: ([input]) => [input],
    connect: (inputs, outputs, context) => new LengthsNode(inputs, outputs, context),
  });

/** Loss and gradients of one training step over all samples, which is not taken. */
function gradientsOf(made: Model, x: Tensor[], y: Tensor[]) {
  const before = made.getWeights();
  const { kernels, memory, network, workspace, passes } = made[internals]();
  const { update } = passes;
  passes.update = () => true;
  const logs = made.trainOnBatch(x, y);
  passes.update = update;
  expect(made.getWeights()).toEqual(before);
  const read = readWeights(network, kernels, memory, workspace.gradients, workspace.transfer());
  return logs.then(({ loss }) => ({ loss, gradients: read }));
}

describe('two inputs, a shared LSTM and two outputs', () => {
  const [B, T, I, H] = [3, 4, 2, 3];
  const x = [noise(B, [T, I], 1), noise(B, [T, I], 2)];
  const y = [noise(B, [2], 3), oneHot(B, [4])];

  /** Weights of the LSTM, the hidden layer and both outputs, in the order of getWeights. */
  function lossOf(weights: readonly Float64Array[]): number {
    const [kernel, recurrent, bias, hiddenKernel, hiddenBias, k1, b1, k2, b2] = weights;
    const lasts = x.map(({ data }) => {
      // time-major, as the twin wants it
      const major = Float64Array.from(
        { length: T * B * I },
        (_, n) => data[((Math.floor(n / I) % B) * T + Math.floor(n / (B * I))) * I + (n % I)],
      );
      const zeros = new Float64Array(B * H);
      const shape = { B, T, I, H };
      const { h } = lstmForward(shape, major, { kernel, recurrent, bias }, zeros, zeros);
      return h.slice(T * B * H);
    });
    const joined = Float64Array.from({ length: B * 2 * H }, (_, n) => {
      const [row, column] = [Math.floor(n / (2 * H)), n % (2 * H)];
      return lasts[Math.floor(column / H)][row * H + (column % H)];
    });
    const dense =
      (N: number, K: number, how: 'tanh' | 'linear' | 'softmax', from: Float64Array) =>
      (w: Float64Array, b: Float64Array) =>
        denseForward({ R: B, K, N }, how, from, w, b);
    const hidden = dense(5, 2 * H, 'tanh', joined)(hiddenKernel, hiddenBias);
    const first = dense(2, 5, 'linear', hidden)(k1, b1);
    const second = dense(4, 2 * H, 'softmax', joined)(k2, b2);
    const squares = first.reduce((sum, v, n) => sum + (v - y[0].data[n]) ** 2, 0) / (B * 2);
    const entropy = second.reduce((sum, p, n) => sum - y[1].data[n] * Math.log(p), 0) / B;
    return squares + entropy;
  }

  it('has the gradients of finite differences in float64', async () => {
    const [a, b] = [input({ shape: [T, I] }), input({ shape: [T, I] })];
    const lstm = layers.lstm({ units: H });
    const joined = layers.concatenate().apply([lstm.apply(a), lstm.apply(b)]);
    const hidden = layers.dense({ units: 5, activation: 'tanh' }).apply(joined);
    const first = layers.dense({ units: 2 }).apply(hidden);
    const second = layers.dense({ units: 4, activation: 'softmax' }).apply(joined);
    const made = model({ inputs: [a, b], outputs: [first, second], seed: 5 });
    made.compile({ optimizer: 'sgd', loss: ['mse', 'categoricalCrossentropy'] });
    const weights = made.getWeights().map(({ data }) => Float64Array.from(data));
    const { loss, gradients } = await gradientsOf(made, x, y);
    // float32 sums of at most 12 products behind four layers of them
    const rounding = 64 * 2 ** -24;
    expect(Math.abs(loss - lossOf(weights))).toBeLessThan(rounding * loss);
    weights.forEach((values, i) => {
      const largest = Math.max(...gradients[i].data.map(Math.abs));
      const error = gradientError(() => lossOf(weights), values, gradients[i].data);
      expect(error).toBeLessThan(1e-9 + rounding * Math.max(largest, 0.1));
    });
  });
});

describe('a node of several outputs', () => {
  const x = noise(5, [4, 7]);

  it('gives each of them, and sums up what comes back', async () => {
    const value = input({ shape: [4, 7] });
    const hidden = layers.dense({ units: 7 }).apply(value);
    const [left, right] = split(3).apply(hidden);
    expect([left.shape, right.shape]).toEqual([
      [4, 3],
      [4, 4],
    ]);
    const back = layers.concatenate().apply([left, right]);
    const through = model({ inputs: value, outputs: back, seed: 1 });
    const plain = model({
      inputs: value,
      outputs: layers.dense({ units: 7 }).apply(value),
      seed: 1,
    });
    expect((await through.predict(x)).data).toEqual((await plain.predict(x)).data);
    const y = noise(5, [4, 7], 9);
    for (const made of [through, plain]) {
      made.compile({ optimizer: 'adam', loss: 'mse' });
      await made.fit(x, y, { epochs: 3, batchSize: 2 });
    }
    expect(through.getWeights()).toEqual(plain.getWeights());
  });

  it('may have one that nobody reads', async () => {
    const value = input({ shape: [4, 7] });
    const hidden = layers.dense({ units: 7, name: 'whole' }).apply(value);
    const [, right] = split(3).apply(hidden);
    const made = model({ inputs: value, outputs: right });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    const [before] = made.getWeights();
    await made.fit(x, noise(5, [4, 4]));
    const [after] = made.getWeights();
    const moved = Array.from(after.data, (v, i) => v !== before.data[i]);
    expect(moved.every((one, i) => one === i % 7 >= 3)).toBe(true);
  });

  it('may have one that three read', async () => {
    const value = input({ shape: [7] });
    const dense = layers.dense({ units: 7, kernelInitializer: 'randomNormal' }).apply(value);
    const thrice = layers.concatenate().apply([dense, dense, dense]);
    const made = model({ inputs: value, outputs: thrice });
    const twin = model({
      inputs: value,
      outputs: layers.dense({ units: 7, kernelInitializer: 'randomNormal' }).apply(value),
    });
    const rows = noise(6, [7]);
    const target = noise(6, [7], 4);
    const repeated = Float32Array.from(
      { length: 6 * 21 },
      (_, n) => target.data[Math.floor(n / 21) * 7 + (n % 7)],
    );
    for (const one of [made, twin]) one.compile({ optimizer: 'sgd', loss: 'mse' });
    // a third of the loss each, three times: equal but for the rounding of the sum
    await made.trainOnBatch(rows, tensor(repeated, [6, 21]));
    await twin.trainOnBatch(rows, target);
    const [found] = made.getWeights();
    const [expected] = twin.getWeights();
    found.data.forEach((v, i) => {
      expect(Math.abs(v - expected.data[i])).toBeLessThan(8 * 2 ** -24);
    });
  });
});

describe('an input of integers', () => {
  const words = tensor([0, 3, 1, 2, 2, 3, 0, 0], [2, 4]);

  it('reaches its layer as integers, of all steps at once or in stretches', async () => {
    const value = input({ shape: [4], dtype: 'int32' });
    expect(value.dtype).toBe('int32');
    const made = model({ inputs: value, outputs: oneHotOf(5).apply(value) });
    const { data, shape } = await made.predict(words);
    expect(shape).toEqual([2, 4, 5]);
    const found = Array.from({ length: 8 }, (_, row) => data.indexOf(1, row * 5) - row * 5);
    expect(found).toEqual([0, 3, 1, 2, 2, 3, 0, 0]);
    expect(data.reduce((a, b) => a + b, 0)).toBe(8);
    const many = input({ shape: [3000], dtype: 'int32' });
    const long = model({ inputs: many, outputs: oneHotOf(3).apply(many) });
    const numbers = Float32Array.from({ length: 3000 }, (_, t) => (t * 7) % 3);
    const outputs = await long.predict(tensor(numbers, [1, 3000]));
    numbers.forEach((number, t) => {
      expect(outputs.data[3 * t + number]).toBe(1);
    });
  });

  it('trains what lies above', async () => {
    const value = input({ shape: [4], dtype: 'int32' });
    const lstm = layers.lstm({ units: 6 }).apply(oneHotOf(4).apply(value));
    const made = model({ inputs: value, outputs: layers.dense({ units: 1 }).apply(lstm) });
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const { history } = await made.fit(words, tensor([1, -1], [2]), { epochs: 200 });
    expect(history.loss[199]).toBeLessThan(history.loss[0] / 2);
  });

  it('refuses what is no integer', async () => {
    const value = input({ shape: [4], dtype: 'int32' });
    const made = model({ inputs: value, outputs: oneHotOf(5).apply(value) });
    for (const bad of [0.5, 2 ** 25]) {
      const error = await made.predict(tensor([0, 1, 2, 3, 0, bad, 0, 0], [2, 4])).catch(String);
      expect(error).toMatch(/x must hold integers from -2\^24 to 2\^24, but sample 1 holds/);
    }
  });
});

describe.each(['lstm', 'gru'] as const)('samples that end early, under two layers: %s', (cell) => {
  const [n, T] = [5, 9];
  const x = noise(n, [T, 3]);
  const lengths = [9, 1, 4, 7, 2];
  lengths.forEach((length, i) => {
    x.data[i * T * 3] = length;
  });
  const build = (steps: number, masked: boolean) => {
    const value = input({ shape: [steps, 3] });
    const from = masked ? lengthsLayer().apply(value) : value;
    const first = layers[cell]({ units: 4, returnSequences: true }).apply(from);
    const last = layers[cell]({ units: 6 }).apply(first);
    const outputs = layers.dense({ units: 1 }).apply(last);
    return model({ inputs: value, outputs, seed: 2, numerics: 'portable' });
  };
  const masked = build(T, true);

  it('give what each of them gives alone, without its rest', async () => {
    const { data } = await masked.predict(x);
    for (const [i, length] of lengths.entries()) {
      const alone = build(length, false);
      const rows = x.data.slice(i * T * 3, (i * T + length) * 3);
      const found = await alone.predict(tensor(rows, [1, length, 3]));
      expect(found.data[0]).toBe(data[i]);
      alone.dispose();
    }
  });

  it('learn nothing from what is masked', async () => {
    const other = { ...x, data: x.data.slice() };
    for (const [i, length] of lengths.entries()) {
      other.data.fill(7, (i * T + length) * 3, (i + 1) * T * 3);
    }
    const y = noise(n, [1], 3);
    const trained: unknown[] = [];
    for (const data of [x, other]) {
      const made = build(T, true);
      made.compile({ optimizer: 'adam', loss: 'mse' });
      const { history } = await made.fit(data, y, { epochs: 3 });
      trained.push([history, made.getWeights()]);
    }
    expect(trained[1]).toEqual(trained[0]);
  });
});
