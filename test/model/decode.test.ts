// Decoding token by token: what a whole-sequence forward pass says of each prefix is the truth.
import {
  type DecodeOptions,
  input,
  layers,
  type Model,
  model,
  type SymbolicTensor,
  tensor,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { beams, every } from '../reference/decoding.js';
import {
  decided,
  distribution,
  END,
  NEAR,
  START,
  STEPS,
  sources,
  tabled,
  V,
} from '../support/decoding.js';
import { expectError } from '../support/errors.js';
import { noise } from '../support/samples.js';

type Cell = 'lstm' | 'gru';
interface Parts {
  cell?: Cell;
  attend?: 'attention' | 'additiveAttention' | 'multiHeadAttention' | 'none';
  mask?: boolean;
  vocabulary?: number;
}

/** A translator with weights that make it decided. */
function translator({
  cell = 'lstm',
  attend = 'attention',
  mask = true,
  vocabulary = V,
}: Parts): Model {
  const source = input({ shape: [7], dtype: 'int32', name: 'source' });
  const target = input({ shape: [STEPS], dtype: 'int32', name: 'target' });
  const words = () => layers.embedding({ inputDim: vocabulary, outputDim: 3, maskZero: mask });
  const options = { units: 5, returnSequences: true, returnState: true };
  const [read, ...states] = layers[cell](options).applyWithStates(words().apply(source));
  const asked = layers[cell]({ units: 5, returnSequences: true }).apply(words().apply(target), {
    initialState: states,
  });
  const looks = {
    attention: () => layers.attention({ useScale: true }),
    additiveAttention: () => layers.additiveAttention(),
    multiHeadAttention: () => layers.multiHeadAttention({ numHeads: 2, keyDim: 3 }),
  };
  const both =
    attend === 'none'
      ? asked
      : layers.concatenate().apply([asked, looks[attend]().apply([asked, read])]);
  const outputs = layers.dense({ units: vocabulary, activation: 'softmax' }).apply(both);
  const made = model({ inputs: [source, target], outputs, numerics: 'portable' });
  return decided(made);
}

describe.each<Parts>([
  {},
  { attend: 'additiveAttention', cell: 'gru' },
  { attend: 'multiHeadAttention' },
  { attend: 'none', mask: false },
])('greedy: %o', (parts) => {
  it('says what whole sequences say of each prefix, whatever the batch', async () => {
    const made = translator(parts);
    const x = sources(5);
    const options = { start: START, end: END, maxLength: STEPS };
    const found = await made.decode(x, options);
    expect(found).toEqual(await made.decode(x, { ...options, batchSize: 2 }));
    expect(found.length).toBe(5);
    for (let index = 0; index < 5; index++) {
      const prefix: number[] = [];
      let sum = 0;
      let ended = false;
      while (prefix.length < STEPS && !ended) {
        const logs = await distribution(made, x, index, prefix);
        const token = logs.indexOf(Math.max(...logs));
        sum += logs[token];
        ended = token === END;
        if (!ended) prefix.push(token);
      }
      const { tokens, logProbability, ...rest } = found[index];
      expect(tokens).toEqual(prefix);
      expect(rest.ended).toBe(ended);
      expect(Math.abs(logProbability - sum)).toBeLessThan(NEAR);
      // a search with one beam is greedy
      const [one] = await made.decode(x, { ...options, strategy: { beam: 1 } });
      expect(one.tokens).toEqual(found[0].tokens);
    }
    expect(new Set(found.map((one) => one.logProbability)).size).toBeGreaterThan(1);
  });
});

describe.each([0, 0.7, 2])('beams with length penalty %f', (lengthPenalty) => {
  const MOST = 4;
  const options = (beam: number): DecodeOptions => ({
    start: START,
    end: END,
    maxLength: MOST,
    strategy: { beam, lengthPenalty },
  });

  it.each<Cell>(['lstm', 'gru'])(
    'of all widths are those of a search by hand, and all sequences: %s',
    async (cell) => {
      const vocabulary = 4;
      const made = translator({ cell, vocabulary });
      const x = sources(3, vocabulary);
      for (let index = 0; index < 3; index++) {
        const next = await tabled(made, x, index, MOST);
        for (const width of [1, 2, 3, 6, 300]) {
          const found = (await made.decode(x, options(width)))[index];
          const truth =
            width === 300
              ? every(next, END, MOST, lengthPenalty)
              : beams(next, END, MOST, lengthPenalty, width);
          expect(found.beams.map(({ tokens }) => tokens)).toEqual(
            truth.map(({ tokens }) => tokens),
          );
          found.beams.forEach(({ score, ended }, i) => {
            expect(Math.abs(score - truth[i].score)).toBeLessThan(NEAR);
            expect(ended).toBe(truth[i].ended);
          });
          expect(found.tokens).toEqual(truth[0].tokens);
        }
      }
    },
  );
});

describe('sampling', () => {
  const COUNT = 3000;
  let made: Model;
  let many: ReturnType<typeof sources>;
  let logs: readonly number[];
  beforeAll(async () => {
    made = translator({ mask: false });
    const one = sources(1);
    many = tensor(
      Float32Array.from({ length: 7 * COUNT }, (_, i) => one.data[i % 7]),
      [COUNT, 7],
    );
    logs = await distribution(made, one, 0, []);
  });
  const first = { start: START, end: END, maxLength: 1 };

  it.each([
    { temperature: 1 },
    { temperature: 2 },
    { temperature: 1.5, topK: 3 },
    { temperature: 3, topP: 0.7 },
    { temperature: 2, topK: 4, topP: 0.8 },
    { temperature: 1, topK: 1 },
  ])('draws as often as it should: %o', async (strategy) => {
    const found = await made.decode(many, {
      ...first,
      strategy: { ...strategy, seed: 5 },
      batchSize: 500,
    });
    const {
      temperature,
      topK = V,
      topP = 1,
    } = strategy as {
      temperature: number;
      topK?: number;
      topP?: number;
    };
    const p = logs.map((log) => Math.exp(log / temperature));
    const order = p
      .map((_, i) => i)
      .sort((a, b) => p[b] - p[a])
      .slice(0, topK);
    const share = order.reduce((sum, i) => sum + p[i], 0) * topP;
    let sum = 0;
    const kept = order.filter((i) => {
      const before = sum;
      sum += p[i];
      return before < share - 1e-9;
    });
    const total = kept.reduce((all, i) => all + p[i], 0);
    const counts = new Array(V).fill(0);
    for (const { tokens, ended } of found) counts[ended ? END : tokens[0]]++;
    counts.forEach((count, token) => {
      const expected = kept.includes(token) ? p[token] / total : 0;
      // 4.5 standard deviations of a binomial
      const spread = 4.5 * Math.sqrt(COUNT * expected * (1 - expected));
      expect(Math.abs(count - COUNT * expected)).toBeLessThanOrEqual(spread + 1e-9);
    });
  });

  it('is the same for the same seed, whatever the batch, and another for another', async () => {
    const x = sources(6);
    const of = (seed: number, batchSize = 32) =>
      made.decode(x, {
        start: START,
        end: END,
        maxLength: 6,
        strategy: { temperature: 2, seed },
        batchSize,
      });
    const found = await of(3);
    expect(await of(3, 4)).toEqual(found);
    expect((await of(4)).map(({ tokens }) => tokens)).not.toEqual(
      found.map(({ tokens }) => tokens),
    );
  });
});

/** Says what follows, without a source. */
function language(): Model {
  const given = input({ shape: [4], dtype: 'int32' });
  const read = layers.embedding({ inputDim: V, outputDim: 3 }).apply(given);
  const kept = layers.gru({ units: 6, returnSequences: true }).apply(read);
  const outputs = layers.dense({ units: V, activation: 'softmax' }).apply(kept);
  return decided(model({ inputs: given, outputs, numerics: 'portable' }));
}

it('a model without a source goes on beyond the steps that it declares, as its stream does', async () => {
  const made = language();
  const [{ tokens }] = await made.decode([], { start: START, end: V - 1, maxLength: 12 });
  const stream = made.stream();
  let token = START;
  const said: number[] = [];
  for (let t = 0; t < 12; t++) {
    const p = stream.step([token]);
    token = p.indexOf(Math.max(...p));
    if (token === V - 1) break;
    said.push(token);
  }
  expect(tokens).toEqual(said);
  expect(tokens.length).toBeGreaterThan(4);
});

it('a step of beam search costs the same after many steps', async () => {
  const never = language();
  never.setWeights(
    never.getWeights().map(({ data, shape }, i, all) => {
      if (i === all.length - 1) data[END] = -1e3; // the bias: the end is never said
      return tensor(data, shape);
    }),
  );
  const options = { start: START, end: END, maxLength: 20_000 };
  const [{ tokens, ended, beams }] = await never.decode([], { ...options, strategy: { beam: 4 } });
  expect([tokens.length, ended, beams.length]).toEqual([20_000, false, 4]);
  const [short] = await never.decode([], { ...options, maxLength: 50, strategy: { beam: 1 } });
  const [greedy] = await never.decode([], { ...options, maxLength: 50 });
  expect(short.tokens).toEqual(greedy.tokens);
}, 5_000);

it('reads a sequence of the source step by step where the decoder does', async () => {
  const source = input({ shape: [3], name: 'source' });
  const target = input({ shape: [STEPS], dtype: 'int32', name: 'target' });
  const hint = layers.dense({ units: STEPS * 2 }).apply(source);
  const rows = layers.reshape({ targetShape: [STEPS, 2] }).apply(hint);
  const words = layers.embedding({ inputDim: V, outputDim: 3 }).apply(target);
  const both = layers.concatenate().apply([rows, words]);
  const kept = layers.lstm({ units: 5, returnSequences: true }).apply(both);
  const outputs = layers.dense({ units: V, activation: 'softmax' }).apply(kept);
  const made = decided(model({ inputs: [source, target], outputs, numerics: 'portable' }));
  const x = noise(4, [3], 8);
  const found = await made.decode(x, { start: START, end: END, maxLength: STEPS });
  for (const [index, { tokens, ended }] of found.entries()) {
    const given = new Float32Array(STEPS);
    given.set([START, ...tokens].slice(0, STEPS));
    const one = tensor(x.data.slice(3 * index, 3 * index + 3), [1, 3]);
    const y = (await made.predict([one, tensor(given, [1, STEPS])])) as typeof x;
    [...tokens, ...(ended ? [END] : [])].forEach((token, t) => {
      const row = [...y.data.slice(t * V, (t + 1) * V)];
      expect(row.indexOf(Math.max(...row))).toBe(token);
    });
  }
  await expectError(
    () => made.decode(x, { start: START, end: END, maxLength: STEPS + 1 }),
    'bad-option',
    /maxLength must be at most 6/,
  );
});

it('stands beside training and other passes, and gives its memory back', async () => {
  const made = translator({});
  const x = sources(4);
  const options = { start: START, end: END, maxLength: 5, strategy: { beam: 3 } };
  const before = await made.decode(x, options);
  const bytes = made.memoryBytes;
  for (let i = 0; i < 20; i++) expect(await made.decode(x, options)).toEqual(before);
  expect(made.memoryBytes).toBe(bytes);
  made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const targets = tensor(new Float32Array(4 * STEPS).fill(1), [4, STEPS]);
  const stream = language().stream();
  const fitted = made.fit([x, targets], targets, { epochs: 3, verbose: 0 });
  const during = made.decode(x, options);
  await fitted;
  expect((await during).length).toBe(4);
  expect(await made.decode(x, options)).not.toEqual(before);
  stream.dispose();
  made.dispose();
  await expectError(() => made.decode(x, options), 'disposed', /disposed/);
});

describe('refusals', () => {
  const made = translator({});
  const x = sources(2);
  const good = { start: START, end: END, maxLength: 4 };

  it.each<[object, RegExp]>([
    [{ start: -1 }, /start must be an integer/],
    [{ start: V }, /takes integers from 0 to 4.*start is 5/],
    [{ end: V }, /end must be a token of output 'dense'.*from 0 to 4, but got 5/],
    [{ end: 1.5 }, /end must be an integer/],
    [{ maxLength: 0 }, /maxLength must be an integer from 1 to 16777216, but got 0/],
    [{ maxLength: Number.POSITIVE_INFINITY }, /maxLength must be an integer from 1 to 16777216/],
    [
      { maxLength: 2 ** 24 + 1 },
      /maxLength must be an integer from 1 to 16777216, but got 16777217/,
    ],
    [{ strategy: 'best' }, /strategy must be 'greedy'/],
    [{ strategy: {} }, /either beam.*neither/],
    [{ strategy: { beam: 2, temperature: 1 } }, /either beam/],
    [{ strategy: { beam: 0 } }, /beam must be a positive integer/],
    [{ strategy: { beam: 2, lengthPenalty: -1 } }, /lengthPenalty must be a finite number from 0/],
    [{ strategy: { beam: 2, lengthPenalty: '1' } }, /lengthPenalty must be a finite number from 0/],
    [{ strategy: { beam: 2, topK: 1 } }, /no option 'topK'/],
    [{ strategy: { temperature: 0 } }, /temperature must be a finite number above 0/],
    [{ strategy: { temperature: Number.NaN } }, /temperature must be a finite number above 0/],
    [{ strategy: { temperature: 1, topK: 0 } }, /topK must be a positive integer/],
    [{ strategy: { temperature: 1, topP: 1.1 } }, /topP must be a number above 0, up to 1/],
    [{ strategy: { temperature: 1, seed: -1 } }, /seed must be an integer/],
    [{ decoderInput: 'nobody' }, /decoderInput must be the name of an input \(source, target\)/],
    [{ decoderInput: 'source' }, /layer lstm \(LSTM\)|looks at|reads/],
    [{ batchSize: 0 }, /batchSize must be a positive integer/],
    [{ beam: 3 }, /no option 'beam'/],
    [{ strategy: { beam: 1e9 } }, /decoding 2 sequences with 1000000000 beams/],
  ])('%o', async (over, message) => {
    await expectError(
      () => made.decode(x, { ...good, ...over } as never),
      /1000000000/.test(message.source) ? 'memory-limit' : 'bad-option',
      message,
    );
  });

  it('sources that do not fit', async () => {
    await expectError(() => made.decode([], good), 'bad-shape', /x/);
    await expectError(
      () => made.decode(tensor([1, 2], [1, 2]), good),
      'bad-shape',
      /takes \[n, 7\]/,
    );
    await expectError(() => language().decode(x, good), 'bad-shape', /x must be \[\]/);
  });

  it('decoders that look at tokens to come, and outputs that are no distribution', async () => {
    const softmax = () => layers.dense({ units: V, activation: 'softmax' });
    const decode = (over: (read: SymbolicTensor) => SymbolicTensor) => {
      const given = input({ shape: [4], dtype: 'int32' });
      const read = layers.embedding({ inputDim: V, outputDim: 3 }).apply(given);
      return model({ inputs: given, outputs: over(read) }).decode([], good);
    };
    const both = () => layers.bidirectional(layers.gru({ units: 2, returnSequences: true }));
    const cases: [(read: SymbolicTensor) => SymbolicTensor, RegExp][] = [
      [
        (read) => softmax().apply(layers.attention().apply([read, read])),
        /layer attention \(Attention\) looks at the whole sequence that is decoded: give it useCausalMask: true/,
      ],
      [
        (read) => softmax().apply(both().apply(read)),
        /layer bidirectional \(Bidirectional\) looks at the whole sequence/,
      ],
      [
        (read) => softmax().apply(layers.gru({ units: 2 }).apply(read)),
        /must be a distribution over tokens at each step.*is \[5\]/,
      ],
      [(read) => layers.dense({ units: V }).apply(read), /must be a distribution.*out of 'linear'/],
    ];
    for (const [over, message] of cases)
      await expectError(() => decode(over), 'bad-option', message);
  });
});
