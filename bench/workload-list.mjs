/**
 * The five workloads that sluice and its peers are timed on, with inputs and initial
 * weights that are the same for all of them. Sizes: B sequences of T steps, I inputs,
 * `lstm` the units of each layer, then one dense layer of `outputs` units.
 */
export const WORKLOADS = [
  { name: 'W1', B: 32, T: 50, I: 8, lstm: [32], outputs: 1, loss: 'meanSquaredError' },
  { name: 'W2', B: 32, T: 100, I: 16, lstm: [64], outputs: 1, loss: 'meanSquaredError' },
  {
    name: 'W3',
    B: 32,
    T: 100,
    I: 64,
    lstm: [128, 128],
    outputs: 10,
    loss: 'categoricalCrossentropy',
  },
  { name: 'W4', B: 64, T: 50, I: 128, lstm: [256], outputs: 10, loss: 'categoricalCrossentropy' },
  { name: 'W6', B: 16, T: 100, I: 512, lstm: [512], outputs: 10, loss: 'categoricalCrossentropy' },
];

/** Workloads by their names, all of them without. */
export function pickWorkloads(names, workloads = WORKLOADS) {
  return workloads.filter(({ name }) => names?.includes(name) ?? true);
}

/** The optimizer of all workloads; epsilon is given because libraries differ in its default. */
export const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** FLOPs of the matrix products of one LSTM layer's step: forward, dW, dh and dX. */
export function layerFlops([B, T, I, H]) {
  return 6 * B * T * 4 * H * (I + H);
}

/**
 * FLOPs of the matrix products that a step cannot do without: forward, dW and dh for every
 * layer, dX for every layer but the first. Gates, losses and the optimizer are not counted.
 */
export function usefulFlops({ B, T, I, lstm, outputs }) {
  let inputs = I;
  let flops = 0;
  lstm.forEach((units, layer) => {
    const columns = 4 * units * 2 * B * T;
    flops += columns * (2 * (inputs + units) + units + (layer > 0 ? inputs : 0));
    inputs = units;
  });
  return flops + 6 * B * inputs * outputs;
}

/** Shapes of x, y and the weights in Keras order: kernel, recurrentKernel, bias a layer. */
export function tensorShapes({ B, T, I, lstm, outputs }) {
  const weights = [];
  let inputs = I;
  for (const units of lstm) {
    weights.push([inputs, 4 * units], [units, 4 * units], [4 * units]);
    inputs = units;
  }
  weights.push([inputs, outputs], [outputs]);
  return { x: [B, T, I], y: [B, outputs], weights };
}

/** Deterministic x, y and weights: Map of name to { shape, data }. */
export function makeTensors(workload) {
  const uniform = generator(1);
  const shapes = tensorShapes(workload);
  return {
    x: filled(shapes.x, uniform, 1.7),
    y: target(workload, shapes.y, uniform),
    weights: shapes.weights.map((shape) => filled(shape, uniform)),
  };
}

/** Numbers within a limit: by default that of Glorot for a kernel, and 0 for a bias. */
export function filled(
  shape,
  uniform,
  limit = shape.length === 1 ? 0 : Math.sqrt(6 / (shape[0] + shape[1])),
) {
  const data = Float32Array.from({ length: product(shape) }, () => (2 * uniform() - 1) * limit);
  return { shape, data };
}

function target({ B, outputs, loss }, shape, uniform) {
  const data = new Float32Array(B * outputs);
  for (let row = 0; row < B; row++) {
    if (loss === 'meanSquaredError') data[row] = 2 * uniform() - 1;
    else data[row * outputs + Math.floor(uniform() * outputs)] = 1;
  }
  return { shape, data };
}

function product(shape) {
  return shape.reduce((size, n) => size * n, 1);
}

/** A small generator in [0,1): the workloads need the same numbers, not good ones. */
export function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
