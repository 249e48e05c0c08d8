/**
 * The workloads on whole numbers: an embedding of `words` numbers of `vocabulary`, `both` units of LSTMs that read from
 * both ends, dropout, `lstm` units, a softmax over `outputs`; at every step where `steps` is true. Inputs and initial
 * weights are the same in every run.
 */
import { filled, generator } from './workload-list.mjs';

export const TEXT_WORKLOADS = [
  {
    name: 'W5',
    B: 32,
    T: 100,
    vocabulary: 10000,
    words: 50,
    both: [64],
    dropout: 0.5,
    lstm: [64],
    outputs: 10,
    steps: false,
  },
  {
    name: 'W7',
    B: 32,
    T: 64,
    vocabulary: 65,
    words: 32,
    both: [],
    dropout: 0,
    lstm: [128, 128],
    outputs: 65,
    steps: true,
  },
];

/** FLOPs of the matrix products of a step: forward, dW, dh, and dX of every layer, for the embedding asks for it. */
export function textFlops({ B, T, words, both, lstm, outputs, steps }) {
  const layer = (inputs, units) => 24 * B * T * units * (inputs + units);
  let inputs = words;
  let flops = 0;
  for (const units of both) {
    flops += 2 * layer(inputs, units);
    inputs = 2 * units;
  }
  for (const units of lstm) {
    flops += layer(inputs, units);
    inputs = units;
  }
  return flops + 6 * B * (steps ? T : 1) * inputs * outputs;
}

/** Shapes of the weights in Keras order: the table, both directions of each layer that has them, the others, the softmax. */
function weightShapes({ vocabulary, words, both, lstm, outputs }) {
  const shapes = [[vocabulary, words]];
  let inputs = words;
  const cell = (units) => shapes.push([inputs, 4 * units], [units, 4 * units], [4 * units]);
  for (const units of both) {
    for (let direction = 0; direction < 2; direction++) cell(units);
    inputs = 2 * units;
  }
  for (const units of lstm) {
    cell(units);
    inputs = units;
  }
  return [...shapes, [inputs, outputs], [outputs]];
}

/** Numbers whose frequency falls with them, as that of words does, classes, and initial weights. */
export function makeTextTensors(workload) {
  const { B, T, vocabulary, outputs, steps } = workload;
  const uniform = generator(1);
  const of = (shape, next) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next),
  });
  return {
    x: of([B, T], () => Math.floor(vocabulary * uniform() ** 3)),
    y: of(steps ? [B, T] : [B], () => Math.floor(outputs * uniform())),
    weights: weightShapes(workload).map((shape, i) =>
      filled(shape, uniform, i === 0 ? 0.05 : undefined),
    ),
  };
}
