/**
 * Characters of Moby Dick: bits a character on the last tenth of the book, beside what counts of characters say that look five (Witten
 * and Bell) or six back (Kneser and Ney). The tenth before it is for the choice of the model.
 */
import { kneserNey, wittenBell } from './counts.mjs';
import { falling, textOf } from './lesson.mjs';

/** Texts side by side in training, and steps from update to update. */
const STREAMS = 32;
const STEPS = 64;
/** Characters that are read before those that are judged. */
const PAST = 128;

/** Numbers of its characters, those that are seen fewer than 100 times as one. */
export function readBook(text) {
  const counts = new Map();
  for (const sign of text) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  const known = [...counts]
    .filter(([, count]) => count >= 100)
    .map(([sign]) => sign)
    .sort();
  const numbers = new Map(known.map((sign, i) => [sign, i + 1]));
  const codes = Uint16Array.from(text, (sign) => numbers.get(sign) ?? 0);
  const [cut, end] = [0.8, 0.9].map((share) => Math.floor(share * codes.length));
  return {
    width: known.length + 1,
    train: codes.subarray(0, cut),
    choice: codes.subarray(cut, end),
    test: codes.subarray(end),
  };
}

/** The text as streams side by side: x [streams, steps], and y [streams, steps, 1], the characters after them. */
export function sideBySide(codes, streams) {
  const steps = Math.floor((codes.length - 1) / streams);
  const of = (ahead, shape) => ({
    data: Float32Array.from({ length: streams * steps }, (_, i) => codes[i + ahead]),
    shape,
  });
  return { x: of(0, [streams, steps]), y: of(1, [streams, steps, 1]), steps };
}

/**
 * Bits a character of `judged`, the end of `codes`: read in stretches side by side, each with the PAST characters before it, which
 * are not judged.
 */
export function bitsOfModel(model, codes, judged, width, streams = 64) {
  const begin = codes.length - judged.length;
  const steps = Math.ceil(judged.length / streams);
  const stream = model.stream({ batchSize: streams });
  let bits = 0;
  for (let t = -PAST; t < steps; t++) {
    const at = (s) => begin + s * steps + t;
    const chances = stream.step(
      Float32Array.from({ length: streams }, (_, s) => codes[at(s) - 1] ?? 0),
    );
    if (t < 0) continue;
    for (let s = 0; s < streams && at(s) < codes.length; s++) {
      bits -= Math.log2(chances[s * width + codes[at(s)]]);
    }
  }
  stream.dispose();
  return bits / judged.length;
}

export const tasks = [
  {
    name: 'moby-dick',
    long: true,
    title: 'Moby Dick, characters',
    model: 'embedding 64, LSTM 512, dropped weights 0.3, dropout 0.3',
    measure: 'bits a character, the last tenth',
    lower: true,
    chance: 'counts',
    goal: undefined, // what the counts come to
    published: 'none for this text; an LSTM is to be better than the counts beside it',
    needs: ['moby-dick'],
    async run({ seed, quick, sluice, data, say }) {
      const { layers, optimizers, sequential } = sluice;
      const text = textOf(data['moby-dick']);
      const book = readBook(quick ? text.slice(0, 50_000) : text);
      const { width, train, choice, test } = book;
      const whole = Uint16Array.from([...train, ...choice, ...test]);
      const before = whole.subarray(0, train.length + choice.length);
      // the counts see the tenth as well that the model has only been chosen by
      const witten = wittenBell(before, width, 5).bits(test);
      const counted = kneserNey(before, width, 6).bits(test);
      say(
        `counts: ${witten.toFixed(3)} (order 5, Witten and Bell), ${counted.toFixed(3)} (order 6, Kneser and Ney)`,
      );
      const { x, y, steps } = sideBySide(train, STREAMS);
      const model = sequential({
        layers: [
          layers.embedding({ inputDim: width, outputDim: 64, inputShape: [steps] }),
          layers.lstm({ units: quick ? 8 : 512, returnSequences: true, weightDrop: 0.3 }),
          layers.dropout({ rate: 0.3 }),
          layers.dense({ units: width, activation: 'softmax' }),
        ],
        seed,
      });
      const learningRate = 3e-3;
      const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const epochs = quick ? 1 : 10;
      const windows = Math.ceil(steps / STEPS);
      const rate = falling(learningRate);
      let done = 0;
      await model.fit(x, y, {
        batchSize: STREAMS,
        epochs,
        shuffle: false,
        truncate: { every: STEPS },
        callbacks: {
          onBatchBegin: () => {
            optimizer.learningRate = rate(done / (epochs * windows));
            done += 1;
          },
          onEpochEnd: (epoch, { loss }) => {
            const bits = bitsOfModel(model, before, choice, width);
            const trained = (loss / Math.LN2).toFixed(3);
            say(
              `epoch ${epoch + 1} of ${epochs}: ${trained} bits in training, ${bits.toFixed(3)} on the tenth for choice`,
            );
          },
        },
      });
      const score = bitsOfModel(model, whole, test, width);
      model.dispose();
      return {
        score,
        seen: epochs * STREAMS,
        chance: `${counted.toFixed(2)} (counts)`,
        goal: counted,
      };
    },
  },
];
