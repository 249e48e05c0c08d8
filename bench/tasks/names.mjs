/** Is a first name a woman's or a man's? Letters one by one; names that are both are left out. */
import { parts } from './digits.mjs';
import { accuracyOf, falling, learn, rowsOf, textOf } from './lesson.mjs';

const LONGEST = 12;

/** x [n, 12] letters from 1 to 26, 27 for any other sign, then zeros (masked); y [n], 1 for women's names. */
export function readNames(female, male) {
  const names = (text) =>
    new Set(
      text
        .split(/\r?\n/)
        .map((name) => name.trim().toLowerCase())
        .filter(Boolean),
    );
  const [women, men] = [names(female), names(male)];
  const all = [
    ...[...women].filter((name) => !men.has(name)).map((name) => [name, 1]),
    ...[...men].filter((name) => !women.has(name)).map((name) => [name, 0]),
  ];
  const x = { data: new Float32Array(all.length * LONGEST), shape: [all.length, LONGEST] };
  const y = { data: Float32Array.from(all, ([, woman]) => woman), shape: [all.length] };
  all.forEach(([name], i) => {
    // the end of a long name says more than its beginning
    [...name.slice(-LONGEST)].forEach((sign, t) => {
      const letter = sign.charCodeAt(0) - 96;
      x.data[i * LONGEST + t] = letter >= 1 && letter <= 26 ? letter : 27;
    });
  });
  return { x, y };
}

export const tasks = [
  {
    name: 'names',
    title: 'First names by gender',
    model: 'embedding 16, LSTM 64 from both ends, masked',
    measure: 'accuracy, a fifth held out',
    lower: false,
    chance: 'share of women',
    goal: 0.8,
    published:
      '0.76 from the last letter, 0.78 from the last two (Bird et al. 2009, Natural Language Processing with Python, section 6.1, a similar list)',
    needs: ['names-female', 'names-male'],
    async run({ seed, quick, sluice, data, say }) {
      const { Random, layers, optimizers, sequential } = sluice;
      const { x, y } = readNames(textOf(data['names-female']), textOf(data['names-male']));
      const [train, test] = parts(x.shape[0], new Random(seed, 1), 0.8, 0.2);
      const model = sequential({
        layers: [
          layers.embedding({ inputDim: 28, outputDim: 16, maskZero: true, inputShape: [LONGEST] }),
          layers.bidirectional(layers.lstm({ units: quick ? 8 : 64 })),
          layers.dropout({ rate: 0.5 }),
          layers.dense({ units: 2, activation: 'softmax' }),
        ],
        seed,
      });
      const learningRate = 3e-3;
      const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const random = new Random(seed, 2);
      const B = 32;
      const taken = await learn(model, {
        steps: quick ? 5 : 2000,
        every: Number.POSITIVE_INFINITY,
        batch: () => {
          const picked = Array.from(
            { length: B },
            () => train[random.integer(0, train.length - 1)],
          );
          return { x: rowsOf(x, picked), y: rowsOf(y, picked) };
        },
        rate: falling(learningRate),
        say,
      });
      const targets = rowsOf(y, test).data;
      const { data: outputs } = await model.predict(rowsOf(x, test), { batchSize: 128 });
      model.dispose();
      const women = targets.reduce((sum, one) => sum + one, 0) / targets.length;
      return { score: accuracyOf(outputs, targets, 2), seen: taken * B, chance: women.toFixed(2) };
    },
  },
];
