// Learns to write like a text, letter by letter, in the memory of a window whatever the length of the text:
//   node write-like-melville.js moby-dick.txt --letters 200000 --epochs 1
// Without a file it learns a line of its own. See docs/long-sequences.md.
// Quick: --letters 3000
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { layers, optimizers, sequential, tensor } from 'sluice';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    letters: { type: 'string', default: '1000000000' },
    epochs: { type: 'string', default: '1' },
    units: { type: 'string', default: '64' },
  },
});
const [file] = positionals;
const whole = file
  ? readFileSync(file, 'utf8')
  : 'Call me Ishmael. Some years ago - never mind how long. '.repeat(90);
const text = whole.slice(0, Number(values.letters));

// numbers of letters; the text in streams side by side
const letters = [...new Set(text)].sort();
const numberOf = new Map(letters.map((letter, i) => [letter, i]));
const streams = 16;
const steps = Math.floor((text.length - 1) / streams);
const numbers = (ahead: number) =>
  Float32Array.from(
    { length: streams * steps },
    (_, i) => numberOf.get(text[i + ahead] ?? '') ?? 0,
  );

const model = sequential({
  layers: [
    layers.embedding({ inputDim: letters.length, outputDim: 16, inputShape: [steps] }),
    layers.lstm({ units: Number(values.units), returnSequences: true }),
    layers.dense({ units: letters.length, activation: 'softmax' }),
  ],
  seed: 1,
});
model.compile({
  optimizer: optimizers.adam({ learningRate: 0.005, globalClipNorm: 1 }),
  loss: 'sparseCategoricalCrossentropy',
});
const before = process.memoryUsage().rss;
const { history } = await model.fit(
  tensor(numbers(0), [streams, steps]),
  tensor(numbers(1), [streams, steps, 1]),
  {
    epochs: Number(values.epochs),
    batchSize: streams,
    shuffle: false,
    verbose: 2,
    truncate: { every: 32, back: 64 },
  },
);
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const { maxRSS } = process.resourceUsage(); // kilobytes
console.log(
  `${text.length} letters: loss ${history.loss.at(-1)?.toFixed(3)}, model ${megabytes(model.memoryBytes)} MB, ` +
    `process ${megabytes(before)} MB before, ${megabytes(1024 * maxRSS)} MB at most`,
);

// writes on: the likeliest next letter at each step
const stream = model.stream();
let written = text.slice(0, 16);
let chances: Float32Array = new Float32Array();
for (const letter of written) chances = stream.step([numberOf.get(letter) ?? 0]);
for (let i = 0; i < 80; i++) {
  const next = chances.indexOf(Math.max(...chances));
  written += letters[next];
  chances = stream.step([next]);
}
console.log(written);
model.dispose();
