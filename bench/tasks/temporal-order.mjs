/**
 * Temporal order, task 6a of Hochreiter and Schmidhuber 1997: a sequence begins with E, ends with B, and is of a, b, c, d
 * but for two symbols, each X or Y, one between steps 10 and 20, one between 50 and 60. Which of XX, XY, YX, YY were they?
 * Length 100 to 110.
 */
import { accuracyOf, chrono, learn } from './lesson.mjs';

const SYMBOLS = 8; // E, B, a, b, c, d, X, Y
const FIRST = { E: 0, B: 1, distractor: 2, X: 6 };
const LONGEST = 110;

/** x [B, 110, 8] one-hot, zeros after the end (masked); y [B] the class, 2 first + second (X 0, Y 1). */
export function temporalOrderBatch(random, B) {
  const x = { data: new Float32Array(B * LONGEST * SYMBOLS), shape: [B, LONGEST, SYMBOLS] };
  const y = { data: new Float32Array(B), shape: [B] };
  for (let b = 0; b < B; b++) {
    const length = random.integer(100, LONGEST);
    const places = [random.integer(10, 20), random.integer(50, 60)];
    for (let t = 0; t < length; t++) {
      let symbol = FIRST.distractor + random.integer(0, 3);
      if (t === 0) symbol = FIRST.E;
      if (t === length - 1) symbol = FIRST.B;
      const which = places.indexOf(t);
      if (which >= 0) {
        const second = random.integer(0, 1);
        symbol = FIRST.X + second;
        y.data[b] = 2 * y.data[b] + second;
      }
      x.data[(b * LONGEST + t) * SYMBOLS + symbol] = 1;
    }
  }
  return { x, y };
}

export const tasks = [
  {
    name: 'temporal-order',
    title: 'Temporal order, task 6a',
    model: 'LSTM 32, masked, chrono initialisation',
    measure: 'accuracy',
    lower: false,
    chance: '0.25',
    goal: 0.999,
    published:
      'solved after 31,390 sequences, 1 of 2,560 wrong (Hochreiter and Schmidhuber 1997, table 9)',
    async run({ seed, quick, sluice, say }) {
      const { Random, layers, optimizers, sequential } = sluice;
      const model = sequential({
        layers: [
          layers.masking({ inputShape: [LONGEST, SYMBOLS] }),
          layers.lstm({ units: quick ? 8 : 32 }),
          layers.dense({ units: 4, activation: 'softmax' }),
        ],
        seed,
      });
      chrono(model, new Random(seed, 4), LONGEST, quick ? 8 : 32);
      const optimizer = optimizers.adam({ learningRate: 0.005, globalClipNorm: 1 });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const random = new Random(seed, 1);
      const B = 32;
      const accuracy = async (stream, count) => {
        const { x, y } = temporalOrderBatch(new Random(seed, stream), count);
        return accuracyOf((await model.predict(x, { batchSize: 64 })).data, y.data, 4);
      };
      const taken = await learn(model, {
        steps: quick ? 5 : 3000,
        every: 50,
        batch: () => temporalOrderBatch(random, B),
        judge: () => accuracy(2, 320),
        enough: (score) => score === 1,
        say,
      });
      const score = await accuracy(3, quick ? 32 : 2560);
      model.dispose();
      return { score, seen: taken * B };
    },
  },
];
