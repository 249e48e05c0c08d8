/**
 * Japanese vowels (Kudo et al. 1999): which of nine men says 'ae'? Twelve channels, 7 to 29 steps; 270 utterances to learn
 * from, 370 to be judged by.
 */
import { accuracyOf, falling, learn, rowsOf, textOf } from './lesson.mjs';

const LONGEST = 29;
const CHANNELS = 12;
const B = 27;

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

/** Models to choose from. */
const MODELS = [
  { pooling: 'globalMaxPooling1D', units: 64, rate: 0.5 },
  { pooling: 'globalMaxPooling1D', units: 64, rate: 0.3 },
  { pooling: 'globalMaxPooling1D', units: 32, rate: 0.5 },
  { pooling: 'globalAveragePooling1D', units: 64, rate: 0.5 },
  { pooling: 'globalAveragePooling1D', units: 64, rate: 0.3 },
];

/** A model trained on what `picked` names, and by what it is judged: loss and accuracy on others. */
async function trained(sluice, train, picked, others, { pooling, units, rate, seed, steps, say }) {
  const { Random, layers, optimizers, sequential } = sluice;
  const model = sequential({
    layers: [
      layers.masking({ inputShape: [LONGEST, CHANNELS] }),
      layers.dropout({ rate: 0.2 }),
      layers.bidirectional(layers.lstm({ units, returnSequences: true })),
      layers[pooling](),
      layers.dropout({ rate }),
      layers.dense({ units: 9, activation: 'softmax' }),
    ],
    seed,
  });
  const learningRate = 5e-3;
  const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
  const random = new Random(seed, 1);
  const batch = () => {
    const rows = Array.from({ length: B }, () => picked[random.integer(0, picked.length - 1)]);
    return { x: rowsOf(train.x, rows), y: rowsOf(train.y, rows) };
  };
  await learn(model, {
    steps,
    every: Number.POSITIVE_INFINITY,
    batch,
    rate: falling(learningRate),
    say,
  });
  const { loss } = await model.evaluate(others.x, others.y, { batchSize: 128 });
  const { data: outputs } = await model.predict(others.x, { batchSize: 128 });
  model.dispose();
  return { loss, accuracy: accuracyOf(outputs, others.y.data, 9) };
}

export const tasks = [
  {
    name: 'vowels',
    title: 'Japanese vowels',
    model:
      'LSTM from both ends, masked, pooled over time, dropout: one of five, for its loss on a third of the training part',
    measure: 'accuracy on the 370 of the test part',
    lower: false,
    chance: '0.11',
    goal: 0.97,
    published: '0.941 (Kudo et al. 1999), 0.962 of hidden Markov models (the same)',
    needs: ['vowels-TRAIN', 'vowels-TEST'],
    async run({ seed, quick, sluice, data, say }) {
      const [train, test] = ['TRAIN', 'TEST'].map((part) =>
        readVowels(textOf(data[`vowels-${part}`])),
      );
      const all = [...train.y.data.keys()];
      const kept = all.filter((i) => i % 3 === 2);
      const choice = { x: rowsOf(train.x, kept), y: rowsOf(train.y, kept) };
      const steps = quick ? 2 : 1000;
      const told = { seed, steps, say };
      const losses = [];
      for (const one of quick ? MODELS.slice(0, 2) : MODELS) {
        const rest = all.filter((i) => i % 3 !== 2);
        const { loss, accuracy } = await trained(sluice, train, rest, choice, { ...one, ...told });
        losses.push(loss);
        say(
          `${one.pooling} of ${one.units}, dropout ${one.rate}: loss ${loss.toPrecision(3)}, accuracy ${accuracy.toPrecision(3)} on the third for choice`,
        );
      }
      const best = MODELS[losses.indexOf(Math.min(...losses))];
      const { accuracy } = await trained(sluice, train, all, test, { ...best, ...told });
      return { score: accuracy, seen: steps * B };
    },
  },
];
