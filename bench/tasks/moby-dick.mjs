/**
 * Characters of Moby Dick: bits a character on the last tenth of the book, beside what counts say that look five
 * characters back (Witten and Bell 1991).
 */
import { falling, learn, textOf } from './lesson.mjs';

const STEPS = 64;

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
  const cut = Math.floor(0.9 * codes.length);
  return { width: known.length + 1, train: codes.subarray(0, cut), test: codes.subarray(cut) };
}

/** Bits a character of the test part by counts of the training part, contexts of up to `order` characters, Witten and Bell's way. */
export function bitsOfCounts({ train, test, width }, order) {
  const tables = Array.from({ length: order + 1 }, () => new Map());
  const keyOf = (codes, at, back) => String.fromCharCode(...codes.subarray(at - back, at));
  for (let at = 0; at < train.length; at++) {
    for (let back = 0; back <= Math.min(order, at); back++) {
      const key = keyOf(train, at, back);
      let seen = tables[back].get(key);
      if (!seen) {
        seen = { total: 0, next: new Map() };
        tables[back].set(key, seen);
      }
      seen.total += 1;
      seen.next.set(train[at], (seen.next.get(train[at]) ?? 0) + 1);
    }
  }
  let bits = 0;
  for (let at = order; at < test.length; at++) {
    let chance = 1 / width;
    for (let back = 0; back <= order; back++) {
      const seen = tables[back].get(keyOf(test, at, back));
      if (!seen) break;
      const kinds = seen.next.size;
      chance = ((seen.next.get(test[at]) ?? 0) + kinds * chance) / (seen.total + kinds);
    }
    bits -= Math.log2(chance);
  }
  return bits / (test.length - order);
}

/** x [n, 64] and y [n, 64]: the characters from each start, and those after them. */
export function stretches(codes, starts) {
  const of = (shift) => ({
    data: Float32Array.from(
      { length: starts.length * STEPS },
      (_, i) => codes[starts[Math.floor(i / STEPS)] + (i % STEPS) + shift],
    ),
    shape: [starts.length, STEPS],
  });
  return { x: of(0), y: of(1) };
}

export const tasks = [
  {
    name: 'moby-dick',
    title: 'Moby Dick, characters',
    model: 'embedding 32, LSTM 192',
    measure: 'bits a character, the last tenth',
    lower: true,
    chance: 'order-5 counts',
    goal: undefined, // what the counts come to
    published: 'none for this text; an LSTM is to be better than the counts beside it',
    needs: ['moby-dick'],
    async run({ seed, quick, sluice, data, say }) {
      const { Random, layers, optimizers, sequential } = sluice;
      const text = textOf(data['moby-dick']);
      const book = readBook(quick ? text.slice(0, 50_000) : text);
      const { width, train, test } = book;
      const counted = bitsOfCounts(book, 5);
      say(`order-5 counts: ${counted.toFixed(3)} bits a character`);
      const units = quick ? 8 : 192;
      const model = sequential({
        layers: [
          layers.embedding({ inputDim: width, outputDim: 32, inputShape: [STEPS] }),
          layers.lstm({ units, returnSequences: true }),
          layers.dense({ units: width, activation: 'softmax' }),
        ],
        seed,
      });
      const learningRate = 5e-3;
      const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const random = new Random(seed, 1);
      const B = 32;
      // each stretch begins without a past: the first half of its steps is not judged
      const judge = async (most) => {
        let [bits, rows] = [0, 0];
        const starts = [];
        for (let at = 0; at + STEPS < test.length; at += STEPS / 2) starts.push(at);
        const picked = starts.slice(0, most);
        for (let from = 0; from < picked.length; from += 64) {
          const { x, y } = stretches(test, picked.slice(from, from + 64));
          const { data: chances } = await model.predict(x, { batchSize: 64 });
          y.data.forEach((code, row) => {
            if (row % STEPS < STEPS / 2) return;
            bits -= Math.log2(chances[row * width + code]);
            rows += 1;
          });
        }
        return bits / rows;
      };
      const taken = await learn(model, {
        steps: quick ? 3 : 2500,
        every: 250,
        batch: () =>
          stretches(
            train,
            Array.from({ length: B }, () => random.integer(0, train.length - STEPS - 2)),
          ),
        judge: () => judge(64),
        enough: () => false,
        rate: falling(learningRate),
        say,
      });
      const score = await judge(quick ? 4 : undefined);
      model.dispose();
      return { score, seen: taken * B, chance: `${counted.toFixed(2)} (counts)`, goal: counted };
    },
  },
];
