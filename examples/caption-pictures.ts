// Says in words what is on small pictures, such as 'a small cross above a large square'. A model of two inputs, the picture and the
// words so far, learns the next word, in two ways:
//   merge   the words go through an LSTM, with masks, and what it has read is added to what is seen
//   inject  what is seen is added to every word, and the LSTM reads both
// (Tanti, Gatt, Camilleri 2018, arXiv 1703.09137.)
// Run it in a project with sluice installed: `npx esbuild caption-pictures.ts --outfile=caption-pictures.mjs
// && node caption-pictures.mjs`; some ten seconds. With fewer epochs for a first look:
// Quick: --epochs 6
import { parseArgs } from 'node:util';
import { input, layers, model, optimizers, Random, type SymbolicTensor, tensor } from 'sluice';

const { values } = parseArgs({ options: { epochs: { type: 'string', default: '12' } } });
const epochs = Number(values.epochs);
const random = new Random(7, 1);
const pick = <T>(list: readonly T[]): T => list[random.integer(0, list.length - 1)]!;

// A picture is 12 x 12 numbers: one thing, or two beside or above each other.
const side = 12;
const kinds: Record<string, (row: number, column: number, last: number) => boolean> = {
  square: () => true,
  cross: (row, column, last) => row === last / 2 || column === last / 2,
  frame: (row, column, last) => [row, column].some((at) => at === 0 || at === last),
};
const sizes: Record<string, number> = { small: 3, large: 5 };
const relations: Record<string, [rows: number, columns: number]> = {
  'left of': [0, 6],
  above: [6, 0],
};
const things = Object.keys(sizes).flatMap((size) => Object.keys(kinds).map((kind) => [size, kind]));
const one = things.map((thing) => `a ${thing.join(' ')}`);
const two = one.flatMap((first) =>
  Object.keys(relations).flatMap((relation) =>
    one.map((second) => `${first} ${relation} ${second}`),
  ),
);
const captions = [...one, ...two];

function drawn(caption: string): number[] {
  const picture = Array.from({ length: side * side }, () => random.uniform() * 0.3);
  const relation = Object.keys(relations).find((name) => caption.includes(name));
  const [rows, columns] = relations[relation ?? ''] ?? [0, 0];
  const parts = relation ? caption.split(` ${relation} `) : [caption];
  parts.forEach((part, i) => {
    const [, size, kind] = part.split(' ') as [string, string, string];
    const last = sizes[size]! - 1;
    // where it stands is chance, within its part of the picture
    const top = i * rows + random.integer(0, 1);
    const left = i * columns + random.integer(0, 1);
    for (let row = 0; row <= last; row++) {
      for (let column = 0; column <= last; column++) {
        if (kinds[kind]!(row, column, last)) picture[(top + row) * side + left + column]! += 0.7;
      }
    }
  });
  return picture;
}

// Words as numbers: 0 is none, and what is masked; a caption begins with 'say' and ends with '.'.
const words = ['', 'say', '.', ...new Set(captions.join(' ').split(' '))];
const numbers = (caption: string) =>
  `say ${caption} .`.split(' ').map((word) => words.indexOf(word));
const longest = Math.max(...captions.map((caption) => numbers(caption).length)) - 1;
/** The words so far, at the end of `longest` places. */
const placed = (so: readonly number[]) =>
  [...Array(longest - so.length).fill(0), ...so] as number[];

/** Pictures and words so far, and the words that come next: as many samples a picture as its caption has words. */
function samples(count: number) {
  const rows = Array.from({ length: count }, () => {
    const caption = pick(captions);
    const picture = drawn(caption);
    const all = numbers(caption);
    return all.slice(1).map((next, i) => ({ picture, so: placed(all.slice(0, i + 1)), next }));
  }).flat();
  const x = [tensor(rows.map(({ picture }) => picture)), tensor(rows.map(({ so }) => so))];
  return { x, y: tensor(rows.map(({ next }) => next)) };
}

/** The least loss without a look at the picture: how much the words so far leave open, in nats a word. */
function blindLoss(): number {
  const counts = new Map<string, Map<number, number>>();
  for (const all of captions.map(numbers)) {
    for (let i = 1; i < all.length; i++) {
      const so = all.slice(0, i).join();
      const next = counts.get(so) ?? new Map<number, number>();
      counts.set(so, next.set(all[i]!, (next.get(all[i]!) ?? 0) + 1));
    }
  }
  let [sum, total] = [0, 0];
  for (const next of counts.values()) {
    const all = [...next.values()].reduce((a, b) => a + b, 0);
    for (const count of next.values()) sum -= count * Math.log(count / all);
    total += all;
  }
  return sum / total;
}

const units = 48;
function captioner(how: 'merge' | 'inject') {
  const picture = input({ shape: [side * side], name: 'picture' });
  const so = input({ shape: [longest], dtype: 'int32', name: 'words' });
  const hidden = layers.dense({ units: 2 * units, activation: 'relu' }).apply(picture);
  const seen = layers.dense({ units, activation: 'relu' }).apply(hidden);
  const table = { inputDim: words.length, outputDim: units };
  let known: SymbolicTensor;
  if (how === 'merge') {
    const read = layers.embedding({ ...table, maskZero: true }).apply(so);
    const sentence = layers.lstm({ units }).apply(read);
    known = layers.activation({ activation: 'relu' }).apply(layers.add().apply([seen, sentence]));
  } else {
    // a picture has no masked steps, so the words have none either: places without a word are read too
    const always = layers.repeatVector({ n: longest }).apply(seen);
    const read = layers.embedding(table).apply(so);
    known = layers.lstm({ units }).apply(layers.add().apply([always, read]));
  }
  const outputs = layers.dense({ units: words.length, activation: 'softmax' }).apply(known);
  return model({ inputs: [picture, so], outputs, seed: 3, name: how });
}

/** The likeliest word, again and again, until one ends the caption. */
async function said(by: ReturnType<typeof captioner>, picture: readonly number[]): Promise<string> {
  const so = [words.indexOf('say')];
  while (so.length <= longest) {
    const { data } = await by.predict([tensor([[...picture]]), tensor([placed(so)])]);
    const next = data.indexOf(Math.max(...data));
    if (words[next] === '.') break;
    so.push(next);
  }
  return so
    .slice(1)
    .map((number) => words[number])
    .join(' ');
}

const training = samples(1200);
const fresh = samples(200);
const asked = Array.from({ length: 50 }, () => pick(captions)).map((caption) => ({
  caption,
  picture: drawn(caption),
}));
const blind = blindLoss();
console.log(`without a look at the picture: ${blind.toFixed(3)} nats a word`);
for (const how of ['merge', 'inject'] as const) {
  const made = captioner(how);
  made.compile({
    optimizer: optimizers.adam({ learningRate: 3e-3 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  await made.fit(training.x, training.y, { epochs, batchSize: 64, verbose: 0 });
  const { loss, accuracy } = await made.evaluate(fresh.x, fresh.y);
  console.log(`${how}: ${loss.toFixed(3)} nats, ${(100 * accuracy!).toFixed(1)} % of the words`);
  console.log(`${how} is better than a model that does not look: ${loss < blind}`);
  let right = 0;
  for (const { caption, picture } of asked)
    right += Number((await said(made, picture)) === caption);
  console.log(`${how}: ${right} of ${asked.length} captions of new pictures, word for word`);
  console.log(`  ${asked[0]!.caption}: ${await said(made, asked[0]!.picture)}`);
  made.dispose();
}
// prints: merge is better than a model that does not look: true
// prints: inject is better than a model that does not look: true
