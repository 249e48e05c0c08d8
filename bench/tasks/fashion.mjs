/** Fashion-MNIST (Xiao et al. 2017): pictures of 28 x 28 in ten classes, read row by row. */
import { accuracyOf, falling, learn, rowsOf } from './lesson.mjs';

/** An idx file of bytes: its numbers, and their shape. */
export function readIdx(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const axes = view.getUint8(3);
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  return { data: bytes.subarray(4 + 4 * axes), shape };
}

function scaled({ data, shape }, by) {
  const numbers = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) numbers[i] = data[i] / by;
  return { data: numbers, shape };
}

export const tasks = [
  {
    name: 'fashion',
    title: 'Fashion-MNIST, row by row',
    model: 'LSTM 128, dropout 0.2',
    measure: 'accuracy on the 10,000 of the test part',
    lower: false,
    chance: '0.10',
    goal: 0.88,
    published: '0.888 of a GRU, 0.897 with dropout (list of results in the README of the data set)',
    needs: [
      'fashion-train-images-idx3',
      'fashion-train-labels-idx1',
      'fashion-t10k-images-idx3',
      'fashion-t10k-labels-idx1',
    ],
    async run({ seed, quick, sluice, data, say }) {
      const { Random, layers, optimizers, sequential } = sluice;
      const part = (name) => [
        scaled(readIdx(data[`fashion-${name}-images-idx3`]), 255),
        scaled(readIdx(data[`fashion-${name}-labels-idx1`]), 1),
      ];
      const [[x, y], [testX, testY]] = [part('train'), part('t10k')];
      const model = sequential({
        layers: [
          layers.lstm({ units: quick ? 8 : 128, inputShape: [28, 28] }),
          layers.dropout({ rate: 0.2 }),
          layers.dense({ units: 10, activation: 'softmax' }),
        ],
        seed,
      });
      const learningRate = 3e-3;
      const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const random = new Random(seed, 1);
      const B = 64;
      const count = x.shape[0];
      let order = random.permutation(count);
      let at = 0;
      const epochs = 6;
      const taken = await learn(model, {
        steps: quick ? 3 : Math.floor((epochs * count) / B),
        every: 500,
        batch: () => {
          if (at + B > count) [order, at] = [random.permutation(count), 0];
          const picked = order.subarray(at, at + B);
          at += B;
          return { x: rowsOf(x, [...picked]), y: rowsOf(y, [...picked]) };
        },
        judge: async () => 0,
        enough: () => false,
        rate: falling(learningRate),
        say,
      });
      const { data: outputs } = await model.predict(testX, { batchSize: 128 });
      model.dispose();
      return { score: accuracyOf(outputs, testY.data, 10), seen: taken * B };
    },
  },
];
