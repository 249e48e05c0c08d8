/**
 * The workloads on whole numbers: an embedding of `words` numbers of `vocabulary`, `both` units of LSTMs that read from
 * both ends, dropout, `lstm` units, a softmax over `outputs`; at every step where `steps` is true. Inputs and initial
 * weights are the same in every run.
 */
import { layers, optimizers, sequential } from '../build/index.js';
import { ADAM } from './workload-list.mjs';

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

export function buildTextModel(workload, numerics) {
  const { T, vocabulary, words, both, dropout, lstm, outputs, steps } = workload;
  const model = sequential({
    layers: [
      layers.embedding({ inputDim: vocabulary, outputDim: words, inputShape: [T] }),
      ...both.map((units) => layers.bidirectional(layers.lstm({ units, returnSequences: true }))),
      ...(dropout > 0 ? [layers.dropout({ rate: dropout })] : []),
      ...lstm.map((units, i) =>
        layers.lstm({ units, returnSequences: steps || i < lstm.length - 1 }),
      ),
      layers.dense({ units: outputs, activation: 'softmax' }),
    ],
    numerics,
  });
  model.compile({ optimizer: optimizers.adam(ADAM), loss: 'sparseCategoricalCrossentropy' });
  return model;
}

/** Numbers whose frequency falls with them, as that of words does, and classes. */
export function makeTextTensors({ B, T, vocabulary, outputs, steps }) {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const of = (shape, next) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next),
  });
  return {
    x: of([B, T], () => Math.floor(vocabulary * uniform() ** 3)),
    y: of(steps ? [B, T] : [B], () => Math.floor(outputs * uniform())),
  };
}
