// Writes dates as people do in one form, 'Friday, 27 November 2026' or '11/27/26' to 2026-11-27, letter by letter: an encoder that
// reads from both ends, a decoder with attention, and beam search.
// Run it in a project with sluice: `npx esbuild translate-dates.ts --outfile=translate-dates.js && node translate-dates.js`, or
// with fewer dates and epochs for a first look:
// Quick: --dates 300 --epochs 1
import { parseArgs } from 'node:util';
import { input, layers, model, optimizers, Random, type Tensor, tensor } from 'sluice/node';

const { values } = parseArgs({
  options: {
    dates: { type: 'string', default: '6000' },
    epochs: { type: 'string', default: '6' },
    seed: { type: 'string', default: '0' },
  },
});
const count = Number(values.dates);
const epochs = Number(values.epochs);
const seed = Number(values.seed);

const months =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const two = (value: number) => String(value).padStart(2, '0');

const long = (date: Date) =>
  `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
const forms: ((date: Date) => string)[] = [
  long,
  (date) =>
    `${months[date.getUTCMonth()]!.slice(0, 3)} ${date.getUTCDate()}, ${date.getUTCFullYear()}`,
  (date) => `${days[date.getUTCDay()]}, ${long(date)}`,
  (date) => `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${two(date.getUTCFullYear() % 100)}`,
  (date) => `${two(date.getUTCDate())}.${two(date.getUTCMonth() + 1)}.${date.getUTCFullYear()}`,
];

const random = new Random(seed);
const first = Date.UTC(1970, 0, 1);
const pairs = Array.from({ length: count + 200 }, () => {
  const date = new Date(first + 86_400_000 * random.integer(0, 36_500));
  return {
    written: forms[random.integer(0, forms.length - 1)]!(date).toLowerCase(),
    meant: date.toISOString().slice(0, 10),
  };
});

// 0 pads
const letters = [...new Set(pairs.flatMap(({ written }) => [...written]))].sort();
const longest = 28;
const signs = ['', '<', '>', '-', ...'0123456789'];
const [start, end] = [signs.indexOf('<'), signs.indexOf('>')];
const length = 11;

const numbered = (
  texts: readonly string[],
  steps: number,
  number: (letter: string) => number,
): Tensor => {
  const data = new Float32Array(texts.length * steps);
  texts.forEach((text, i) => {
    data.set([...text].map(number), i * steps);
  });
  return tensor(data, [texts.length, steps]);
};
const readable = (some: typeof pairs) =>
  numbered(
    some.map(({ written }) => written),
    longest,
    (letter) => 1 + letters.indexOf(letter),
  );
const said = (some: typeof pairs, text: (meant: string) => string) =>
  numbered(
    some.map(({ meant }) => text(meant)),
    length,
    (sign) => signs.indexOf(sign),
  );

const source = input({ shape: [longest], dtype: 'int32', name: 'written' });
const target = input({ shape: [length], dtype: 'int32', name: 'said so far' });
const read = layers
  .embedding({ inputDim: letters.length + 1, outputDim: 16, maskZero: true })
  .apply(source);
const encoded = layers.bidirectional(layers.lstm({ units: 32, returnSequences: true })).apply(read);
const asked = layers
  .lstm({ units: 64, returnSequences: true })
  .apply(layers.embedding({ inputDim: signs.length, outputDim: 16 }).apply(target));
const seen = layers.attention({ useScale: true }).apply([asked, encoded]);
const both = layers.concatenate().apply([asked, seen]);
const hidden = layers.dense({ units: 64, activation: 'tanh' }).apply(both);
const outputs = layers.dense({ units: signs.length, activation: 'softmax' }).apply(hidden);
const translator = model({ inputs: [source, target], outputs, seed });
translator.compile({
  optimizer: optimizers.adam({ learningRate: 4e-3 }),
  loss: 'sparseCategoricalCrossentropy',
});

const [training, testing] = [pairs.slice(0, count), pairs.slice(count)];
const begun = performance.now();
await translator.fit(
  [readable(training), said(training, (meant) => `<${meant}`)],
  said(training, (meant) => `${meant}>`),
  { epochs, batchSize: 64, verbose: 2 },
);
console.log(`trained in ${((performance.now() - begun) / 1000).toFixed(0)} s`);

const options = { start, end, maxLength: length };
for (const [name, strategy] of [
  ['greedy', 'greedy'],
  ['4 beams', { beam: 4, lengthPenalty: 0.6 }],
] as const) {
  const found = await translator.decode(readable(testing), { ...options, strategy });
  const texts = found.map(({ tokens }) => tokens.map((token) => signs[token]).join(''));
  const right = texts.filter((text, i) => text === testing[i]!.meant).length;
  console.log(`${name}: ${right} of ${testing.length} dates that it has not seen`);
  for (let i = 0; i < 3; i++) console.log(`  ${testing[i]!.written} -> ${texts[i]}`);
}
