/** Handwritten digits of 8 x 8 (UCI, optical recognition), read row by row: eight steps of eight pixels. */
import { accuracyOf, falling, learn, rowsOf, textOf } from './lesson.mjs';

/** Lines of 64 pixels from 0 to 16 and the digit. */
export function readDigits(text) {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  return {
    x: {
      data: Float32Array.from(
        rows.flatMap((row) => row.slice(0, 64)),
        (pixel) => pixel / 16,
      ),
      shape: [rows.length, 8, 8],
    },
    y: { data: Float32Array.from(rows, (row) => row[64]), shape: [rows.length] },
  };
}

/** Parts of all samples, in an order of the seed. */
export function parts(count, random, ...shares) {
  const order = [...random.permutation(count)];
  let from = 0;
  return shares.map((share) => {
    const part = order.slice(from, from + Math.round(share * count));
    from += part.length;
    return part;
  });
}

export const tasks = [
  {
    name: 'digits',
    title: 'Digits, 8 x 8, row by row',
    model: 'LSTM 64 from both ends, dropout 0.3',
    measure: 'accuracy, a fifth held out',
    lower: false,
    chance: '0.10',
    goal: 0.97,
    published:
      '0.969 of a support vector machine on the later half (example of scikit-learn), 0.98 of nearest neighbours (UCI)',
    needs: ['digits'],
    async run({ seed, quick, sluice, data, say }) {
      const { Random, layers, optimizers, sequential } = sluice;
      const { x, y } = readDigits(textOf(data.digits));
      const [train, test] = parts(x.shape[0], new Random(seed, 1), 0.8, 0.2);
      const units = quick ? 8 : 64;
      const model = sequential({
        layers: [
          layers.bidirectional(layers.lstm({ units }), { inputShape: [8, 8] }),
          layers.dropout({ rate: 0.3 }),
          layers.dense({ units: 10, activation: 'softmax' }),
        ],
        seed,
      });
      const learningRate = 5e-3;
      const optimizer = optimizers.adam({ learningRate });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const random = new Random(seed, 2);
      const B = 32;
      const taken = await learn(model, {
        steps: quick ? 5 : 1800,
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
      const { data: outputs } = await model.predict(rowsOf(x, test));
      model.dispose();
      return { score: accuracyOf(outputs, rowsOf(y, test).data, 10), seen: taken * B };
    },
  },
];
