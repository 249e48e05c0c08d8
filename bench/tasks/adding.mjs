/**
 * The adding problem: of T numbers in [0, 1) two are marked, one in each half; the target is their sum. Who always
 * says 1 has a mean squared error of 1/6.
 */
import { chrono, falling, learn } from './lesson.mjs';

/** x [B, T, 2] (number, mark), y [B, 1]. */
export function addingBatch(random, B, T) {
  const x = { data: new Float32Array(B * T * 2), shape: [B, T, 2] };
  const y = { data: new Float32Array(B), shape: [B, 1] };
  const half = T >> 1;
  for (let b = 0; b < B; b++) {
    const at = 2 * b * T;
    for (let t = 0; t < T; t++) x.data[at + 2 * t] = random.uniform();
    for (const t of [random.integer(0, half - 1), random.integer(half, T - 1)]) {
      x.data[at + 2 * t + 1] = 1;
      y.data[b] += x.data[at + 2 * t];
    }
  }
  return { x, y };
}

/**
 * Li et al. 2018: u uniform from 0 up to 2^(1/T), and never above (see held); in the last layer near it, so that it keeps what it has seen.
 * What is said at every step is summed over thousands and drowns the two that count, so the first layer begins with a bias of -1 beside
 * weights below 1: silent but where both inputs are large. The last layer has no bias for the same reason.
 */
function indRnn({ layers, initializers }, T, units) {
  const most = 2 ** (1 / T);
  const uniform = (minval, maxval = most) => initializers.randomUniform({ minval, maxval });
  return [
    layers.indRNN({
      units,
      kernelInitializer: uniform(-1, 1),
      recurrentInitializer: uniform(0),
      biasInitializer: initializers.constant({ value: -1 }),
      returnSequences: true,
      inputShape: [T, 2],
    }),
    layers.indRNN({
      name: 'sum',
      units,
      useBias: false,
      kernelInitializer: initializers.randomNormal({ stddev: 0.1 }),
      recurrentInitializer: uniform(0.5 ** (1 / T)),
    }),
  ];
}

/** u goes into the sum as u^T: at the rate of the others a few steps would make it forget all. */
const slowly = (T) => ({ sum: Math.min(1, 10 / T) });

/** No u beyond 2^(1/T) in size: what a unit has seen may be doubled in T steps, and no more. */
function held(model, T) {
  const most = 2 ** (1 / T);
  const weights = model.getWeights();
  for (const { data } of [weights[1], weights[4]]) {
    for (let unit = 0; unit < data.length; unit++) {
      data[unit] = Math.max(-most, Math.min(most, data[unit]));
    }
  }
  model.setWeights(weights);
}

const adding = ({ name, T, units, cell, steps, every = 100, learningRate, B, published }) => ({
  name,
  title: `Adding problem, T = ${T}`,
  model: cell === 'lstm' ? `LSTM ${units}` : `two IndRNNs of ${units}`,
  measure: 'mean squared error',
  lower: true,
  chance: '0.167',
  goal: 0.01,
  published,
  async run({ seed, quick, sluice, say }) {
    const { Random, layers, optimizers, sequential } = sluice;
    const length = quick ? 20 : T;
    const model = sequential({
      layers: [
        ...(cell === 'lstm'
          ? [layers.lstm({ units, inputShape: [length, 2] })]
          : indRnn(sluice, length, units)),
        layers.dense({ units: 1 }),
      ],
      seed,
    });
    if (cell === 'lstm') chrono(model, new Random(seed, 4), length, units);
    const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
    const learningRates = cell === 'lstm' ? undefined : slowly(length);
    model.compile({ optimizer, loss: 'mse', learningRates });
    const random = new Random(seed, 1);
    const of = (stream, count) => addingBatch(new Random(seed, stream), count, length);
    const [check, test] = [of(2, quick ? 20 : 200), of(3, quick ? 20 : 1000)];
    const lossOf = async ({ x, y }) => (await model.evaluate(x, y, { batchSize: 100 })).loss;
    const taken = await learn(model, {
      steps: quick ? 5 : steps,
      every,
      batch: () => addingBatch(random, B, length),
      judge: () => lossOf(check),
      enough: (score) => score < 0.002,
      rate: falling(learningRate),
      after: cell === 'lstm' ? undefined : () => held(model, length),
      say,
    });
    const score = await lossOf(test);
    model.dispose();
    return { score, seen: taken * B };
  },
});

export const tasks = [
  adding({
    name: 'adding-100',
    T: 100,
    units: 64,
    cell: 'lstm',
    steps: 4000,
    learningRate: 5e-3,
    B: 32,
    published: 'solved by LSTMs (Arjovsky et al. 2016, arXiv 1511.06464)',
  }),
  adding({
    name: 'adding-400',
    T: 400,
    units: 64,
    cell: 'lstm',
    steps: 4000,
    learningRate: 5e-3,
    B: 32,
    published: 'solved by LSTMs and IRNNs, both slowly (Le et al. 2015, arXiv 1504.00941)',
  }),
  ...[
    { name: 'adding-500-indrnn', T: 500 },
    { name: 'adding-5000', T: 5000 },
  ].map((one) =>
    adding({
      ...one,
      units: 64,
      cell: 'indRNN',
      steps: 400,
      every: 50,
      learningRate: 2e-3,
      B: 32,
      published:
        'solved by IndRNNs of 128 units, two layers (Li et al. 2018, arXiv 1803.04831, section 5.1)',
    }),
  ),
];
