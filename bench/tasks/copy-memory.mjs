/**
 * Copy memory: ten symbols out of eight, T - 1 blanks, a sign to begin, and ten more steps in which the symbols are to be said
 * again; a blank before. Who remembers nothing says blanks, and then guesses: 10 ln 8 / (T + 20).
 */
import { chrono, falling, learn } from './lesson.mjs';

const SAID = 10;
const KINDS = 8;
const WIDTH = KINDS + 2; // the kinds, blank, the sign to begin
const BLANK = KINDS;
const BEGIN = KINDS + 1;

/** x [B, T + 20, 10] one-hot, y [B, T + 20] numbers from 0 to 8 (8 the blank). */
export function copyBatch(random, B, T) {
  const steps = T + 2 * SAID;
  const x = { data: new Float32Array(B * steps * WIDTH), shape: [B, steps, WIDTH] };
  const y = { data: new Float32Array(B * steps).fill(BLANK), shape: [B, steps] };
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < steps; t++) {
      let symbol = t === T + SAID - 1 ? BEGIN : BLANK;
      if (t < SAID) {
        symbol = random.integer(0, KINDS - 1);
        y.data[b * steps + T + SAID + t] = symbol;
      }
      x.data[(b * steps + t) * WIDTH + symbol] = 1;
    }
  }
  return { x, y };
}

const T = 100;

export const tasks = [
  {
    name: 'copy-memory',
    title: `Copy memory, T = ${T}`,
    model: 'LSTM 128, chrono initialisation',
    measure: 'cross-entropy, nats a step',
    lower: true,
    chance: ((SAID * Math.log(KINDS)) / (T + 2 * SAID)).toFixed(3),
    goal: 0.05,
    published:
      'LSTMs stay at chance for long (Arjovsky et al. 2016, arXiv 1511.06464) and solve it with chrono initialisation (Tallec and Ollivier 2018, arXiv 1804.11188)',
    async run({ seed, quick, sluice, say }) {
      const { Random, layers, optimizers, sequential } = sluice;
      const length = quick ? 5 : T;
      const units = quick ? 8 : 128;
      const steps = length + 2 * SAID;
      const model = sequential({
        layers: [
          layers.lstm({ units, returnSequences: true, inputShape: [steps, WIDTH] }),
          layers.dense({ units: KINDS + 1, activation: 'softmax' }),
        ],
        seed,
      });
      chrono(model, new Random(seed, 4), 1.5 * steps, units);
      const learningRate = 8e-3;
      const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const random = new Random(seed, 1);
      const B = 32;
      const lossOf = async (stream, count) => {
        const { x, y } = copyBatch(new Random(seed, stream), count, length);
        return (await model.evaluate(x, y, { batchSize: 100 })).loss;
      };
      const taken = await learn(model, {
        steps: quick ? 3 : 8000,
        every: 200,
        batch: () => copyBatch(random, B, length),
        judge: () => lossOf(2, 100),
        enough: (score) => score < 0.01,
        rate: falling(learningRate),
        say,
      });
      const score = await lossOf(3, quick ? 10 : 1000);
      model.dispose();
      return { score, seen: taken * B };
    },
  },
];
