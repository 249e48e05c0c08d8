/**
 * Formal languages that take a state: parity (is the number of ones odd?) and S3 (the product of permutations of three things). At each step
 * the answer so far is to be said. Trained on 3 to 40 steps, judged by the last step of 256: a state that follows the rule goes on
 * for ever; gates that see the input alone cannot follow it (Beck et al. 2024, section 4.1).
 */
import { accuracyOf, falling, learn } from './lesson.mjs';

/** The permutations of three things, as what goes where. */
const S3 = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** Which one `second` after `first` is. */
export const product = (first, second) => {
  const found = first.map((place) => second[place]);
  return S3.findIndex((one) => one.every((place, i) => place === found[i]));
};

export const languages = {
  parity: { symbols: 2, answers: 2, next: (state, symbol) => state ^ symbol },
  s3: { symbols: 6, answers: 6, next: (state, symbol) => product(S3[state], S3[symbol]) },
};

/** x [B, T, symbols] one-hot, y [B, T] the answers so far; from `shortest` steps on x may end, and is zero then (masked). */
export function formalBatch(random, B, T, { symbols, next }, shortest = T, longest = T) {
  const x = { data: new Float32Array(B * T * symbols), shape: [B, T, symbols] };
  const y = { data: new Float32Array(B * T), shape: [B, T] };
  for (let b = 0; b < B; b++) {
    let state = 0;
    const end = random.integer(shortest, longest);
    for (let t = 0; t < end; t++) {
      const symbol = random.integer(0, symbols - 1);
      state = next(state, symbol);
      x.data[(b * T + t) * symbols + symbol] = 1;
      y.data[b * T + t] = state;
    }
  }
  return { x, y };
}

const TRAINED = 40;
const LONG = 256;

const formal = ({ name, title, language, cell, label, units, solves, published }) => ({
  name,
  title: `${title}, length ${LONG}`,
  model: label,
  measure: 'accuracy of the last step',
  lower: false,
  chance: (1 / languages[language].answers).toFixed(2),
  goal: solves ? 0.99 : undefined,
  published,
  async run({ seed, quick, sluice, say }) {
    const { Random, layers, optimizers, sequential } = sluice;
    const rule = languages[language];
    const size = quick ? 4 : units;
    const of = (T) =>
      sequential({
        layers: [
          layers.masking({ inputShape: [T, rule.symbols] }),
          ...cell(layers, size),
          layers.dense({ units: rule.answers, activation: 'softmax' }),
        ],
        seed,
      });
    const [model, judge] = [of(TRAINED), of(quick ? TRAINED : LONG)];
    const T = quick ? TRAINED : LONG;
    const learningRate = 0.01;
    const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
    model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
    const random = new Random(seed, 1);
    const B = 32;
    const steps = quick ? 5 : 2000;
    const accuracy = async (stream, count) => {
      const { x, y } = formalBatch(new Random(seed, stream), count, T, rule);
      judge.setWeights(model.getWeights());
      const { data } = await judge.predict(x, { batchSize: 64 });
      return accuracyOf(data, y.data, rule.answers, (row) => row % T === T - 1);
    };
    const taken = await learn(model, {
      steps,
      every: 100,
      // short ones first: what holds for few steps is what holds for many
      batch: (step) => {
        const most = Math.min(TRAINED, 3 + Math.floor((80 * step) / steps));
        return formalBatch(random, B, TRAINED, rule, 3, most);
      },
      judge: () => accuracy(2, 512),
      enough: (score) => score === 1,
      rate: falling(learningRate),
      say,
    });
    const score = await accuracy(3, quick ? 16 : 1000);
    for (const one of [model, judge]) one.dispose();
    return { score, seen: taken * B };
  },
});

const steps = { returnSequences: true };
const slstm = (layers, units) => [layers.slstm({ units, ...steps })];
const lstm = (layers, units) => [layers.lstm({ units, ...steps })];
const minGru = (layers, units) => [
  layers.minGRU({ units, ...steps }),
  layers.minGRU({ units, ...steps }),
];
const SOURCE = {
  parity: 'Beck et al. 2024, arXiv 2405.04517, section 4.1',
  s3: 'arXiv 2606.12364',
};

export const tasks = [
  ['parity', 'Parity', 16],
  ['s3', 'S3', 32],
].flatMap(([language, title, units]) => [
  formal({
    name: `${language}-slstm`,
    title,
    language,
    cell: slstm,
    label: `sLSTM ${units}`,
    units,
    solves: true,
    published: `solved (${SOURCE[language]}: cells with a state in the gates)`,
  }),
  formal({
    name: `${language}-lstm`,
    title,
    language,
    cell: lstm,
    label: `LSTM ${units}`,
    units,
    solves: true,
    published: `solved (${SOURCE[language]})`,
  }),
  formal({
    name: `${language}-mingru`,
    title,
    language,
    cell: minGru,
    label: `minGRU ${units}, ${units}`,
    units,
    solves: false,
    published: `chance (${SOURCE[language]}: cells whose gates see the input alone)`,
  }),
]);
