/**
 * The embedded Reber grammar: B, then T or P, a string of the Reber grammar, the same T or P again, E. At each step the
 * successors that the grammar allows are to be the most probable ones; the one before the last takes memory over the whole inner string.
 */
import { learn } from './lesson.mjs';

export const LETTERS = 'BTPSXVE';

/** From state to its two ways on: [letter, next state]. */
const REBER = [
  [
    ['T', 1],
    ['P', 2],
  ],
  [
    ['S', 1],
    ['X', 3],
  ],
  [
    ['T', 2],
    ['V', 4],
  ],
  [
    ['X', 2],
    ['S', 5],
  ],
  [
    ['P', 3],
    ['V', 5],
  ],
];

/** One string: its letters, and which letters may follow each but the last. */
export function embeddedReber(random) {
  const letters = ['B'];
  const legal = ['TP'];
  const outer = random.integer(0, 1) ? 'T' : 'P';
  letters.push(outer, 'B');
  legal.push('B');
  let state = 0;
  while (state !== 5) {
    const ways = REBER[state];
    legal.push(ways.map(([letter]) => letter).join(''));
    const [letter, next] = ways[random.integer(0, 1)];
    letters.push(letter);
    state = next;
  }
  legal.push('E', outer, 'E');
  letters.push('E', outer, 'E');
  return { letters: letters.join(''), legal };
}

const LONGEST = 40;
const WIDTH = LETTERS.length;

/** x [B, 40, 7] one-hot, zeros after the end (masked), y [B, 40] the next letters, and the strings. */
export function reberBatch(random, B) {
  const x = { data: new Float32Array(B * LONGEST * WIDTH), shape: [B, LONGEST, WIDTH] };
  const y = { data: new Float32Array(B * LONGEST), shape: [B, LONGEST] };
  const strings = [];
  while (strings.length < B) {
    const one = embeddedReber(random);
    if (one.legal.length > LONGEST) continue; // one in some 10,000
    const b = strings.length;
    one.legal.forEach((_, t) => {
      x.data[(b * LONGEST + t) * WIDTH + LETTERS.indexOf(one.letters[t])] = 1;
      y.data[b * LONGEST + t] = LETTERS.indexOf(one.letters[t + 1]);
    });
    strings.push(one);
  }
  return { x, y, strings };
}

/** Share of strings in which at every step each letter that may follow is more probable than any that may not. */
export function shareUnderstood(outputs, strings) {
  const understood = strings.filter(({ legal }, b) =>
    legal.every((may, t) => {
      const at = (b * LONGEST + t) * WIDTH;
      const of = (wanted) =>
        [...LETTERS].flatMap((letter, k) =>
          may.includes(letter) === wanted ? [outputs[at + k]] : [],
        );
      return Math.min(...of(true)) > Math.max(...of(false));
    }),
  );
  return understood.length / strings.length;
}

export const tasks = [
  {
    name: 'reber',
    title: 'Embedded Reber grammar',
    model: 'LSTM 16, masked',
    measure: 'share of strings with every step right',
    lower: false,
    chance: '0.00',
    goal: 0.999,
    published:
      'solved in 97 to 100 % of trials after 8,440 to 14,060 sequences (Hochreiter and Schmidhuber 1997, table 2)',
    async run({ seed, quick, sluice, say }) {
      const { Random, layers, optimizers, sequential } = sluice;
      const model = sequential({
        layers: [
          layers.masking({ inputShape: [LONGEST, WIDTH] }),
          layers.lstm({ units: quick ? 6 : 16, returnSequences: true }),
          layers.dense({ units: WIDTH, activation: 'softmax' }),
        ],
        seed,
      });
      const learningRate = 0.02;
      const optimizer = optimizers.adam({ learningRate, globalClipNorm: 1 });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const random = new Random(seed, 1);
      const B = 16;
      const judge = async (stream, count) => {
        const { x, strings } = reberBatch(new Random(seed, stream), count);
        return shareUnderstood((await model.predict(x, { batchSize: 64 })).data, strings);
      };
      const taken = await learn(model, {
        steps: quick ? 5 : 3000,
        every: 50,
        batch: () => reberBatch(random, B),
        judge: () => judge(2, 256),
        enough: (score) => score === 1,
        say,
      });
      const score = await judge(3, quick ? 32 : 2000);
      model.dispose();
      return { score, seen: taken * B };
    },
  },
];
