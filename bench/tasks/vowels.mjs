/**
 * Japanese vowels (Kudo et al. 1999): which of nine men says 'ae'? Twelve channels, 7 to 29 steps; 270 utterances to learn
 * from, 370 to be judged by.
 */
import { accuracyOf, falling, learn, rowsOf, textOf } from './lesson.mjs';

const LONGEST = 29;
const CHANNELS = 12;

/** The .ts format: after @data a line an utterance, channels apart by ':', the speaker (1 to 9) last. */
export function readVowels(text) {
  const lines = text
    .slice(text.indexOf('@data') + 5)
    .trim()
    .split('\n');
  const x = {
    data: new Float32Array(lines.length * LONGEST * CHANNELS),
    shape: [lines.length, LONGEST, CHANNELS],
  };
  const y = { data: new Float32Array(lines.length), shape: [lines.length] };
  lines.forEach((line, i) => {
    const fields = line.trim().split(':');
    y.data[i] = Number(fields.pop()) - 1;
    fields.forEach((field, channel) => {
      field.split(',').forEach((value, t) => {
        const number = Number(value);
        if (Number.isFinite(number)) x.data[(i * LONGEST + t) * CHANNELS + channel] = number;
      });
    });
  });
  return { x, y };
}

export const tasks = [
  {
    name: 'vowels',
    title: 'Japanese vowels',
    model: 'LSTM 64 from both ends, masked, maximum over time, dropout 0.5',
    measure: 'accuracy on the 370 of the test part',
    lower: false,
    chance: '0.11',
    goal: 0.97,
    published: '0.941 (Kudo et al. 1999), 0.962 of hidden Markov models (the same)',
    needs: ['vowels-TRAIN', 'vowels-TEST'],
    async run({ seed, quick, sluice, data, say }) {
      const { Random, layers, optimizers, sequential } = sluice;
      const [train, test] = ['TRAIN', 'TEST'].map((part) =>
        readVowels(textOf(data[`vowels-${part}`])),
      );
      const model = sequential({
        layers: [
          layers.masking({ inputShape: [LONGEST, CHANNELS] }),
          layers.dropout({ rate: 0.2 }),
          layers.bidirectional(layers.lstm({ units: quick ? 8 : 64, returnSequences: true })),
          layers.globalMaxPooling1D(),
          layers.dropout({ rate: 0.5 }),
          layers.dense({ units: 9, activation: 'softmax' }),
        ],
        seed,
      });
      const learningRate = 5e-3;
      const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const random = new Random(seed, 1);
      const B = 27;
      const count = train.x.shape[0];
      const taken = await learn(model, {
        steps: quick ? 5 : 1000,
        every: Number.POSITIVE_INFINITY,
        batch: () => {
          const picked = Array.from({ length: B }, () => random.integer(0, count - 1));
          return { x: rowsOf(train.x, picked), y: rowsOf(train.y, picked) };
        },
        rate: falling(learningRate),
        say,
      });
      const { data: outputs } = await model.predict(test.x, { batchSize: 128 });
      model.dispose();
      return { score: accuracyOf(outputs, test.y.data, 9), seen: taken * B };
    },
  },
];
