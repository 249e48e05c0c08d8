// Decoders that attend to what they have said: a step at a time, out of kept keys and values, says what whole sequences say.
import {
  type DecodeOptions,
  input,
  type Layer,
  layers,
  type Model,
  model,
  type SymbolicTensor,
  tensor,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { Decoder } from '../../src/model/decoder.js';
import { steppingOf } from '../../src/model/decoder-graph.js';
import { internals } from '../../src/model/model.js';
import { Network } from '../../src/model/network.js';
import { seedWords } from '../../src/random.js';
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

const D = 5;
const causal = { useCausalMask: true };
const looks = {
  attention: () => layers.attention({ ...causal, useScale: true }),
  'attention by tanh': () => layers.attention({ ...causal, scoreMode: 'concat' }),
  additiveAttention: () => layers.additiveAttention(causal),
  'two heads': () => layers.multiHeadAttention({ ...causal, numHeads: 2, keyDim: 3, valueDim: 2 }),
  // its own way to hide what is masked
  'heads with dropout': () =>
    layers.multiHeadAttention({ ...causal, numHeads: 2, keyDim: 3, dropout: 0.5 }),
} satisfies Record<string, () => Layer>;
type Look = keyof typeof looks;

interface Parts {
  look: Look;
  mask?: boolean;
  /** A key that is not the value. */
  keyed?: boolean;
  cell?: boolean;
  vocabulary?: number;
}

/** Two blocks of attention to itself and to an encoder, with norms and sums around them. */
function transformer({ look, mask = true, keyed, cell, vocabulary = V }: Parts): Model {
  const source = input({ shape: [7], dtype: 'int32', name: 'source' });
  const target = input({ shape: [STEPS], dtype: 'int32', name: 'target' });
  const words = () => layers.embedding({ inputDim: vocabulary, outputDim: D, maskZero: mask });
  const read = words().apply(source);
  let said = words().apply(target);
  // else what was said in another order would be the same
  if (mask) said = layers.simpleRNN({ units: D, returnSequences: true }).apply(said);
  else {
    const places = layers.dense({ units: STEPS * D }).apply(layers.flatten().apply(read));
    said = layers.add().apply([said, layers.reshape({ targetShape: [STEPS, D] }).apply(places)]);
  }
  for (let block = 0; block < 2; block++) {
    const given = keyed ? [said, said, layers.dense({ units: D }).apply(said)] : [said, said];
    const seen = looks[look]().apply(given);
    said = layers.layerNormalization().apply(layers.add().apply([said, seen]));
    const other = layers.multiHeadAttention({ numHeads: 1, keyDim: 4 }).apply([said, read]);
    said = layers.add().apply([said, other]);
    if (cell) said = layers.gru({ units: D, returnSequences: true }).apply(said);
  }
  const outputs = layers.dense({ units: vocabulary, activation: 'softmax' }).apply(said);
  const made = decided(model({ inputs: [source, target], outputs, numerics: 'portable' }));
  if (!mask || look !== 'two heads') return made;
  // a masked query is given the mean of all steps, those to come too, so that nobody can say what follows a 0: it is not said
  const weights = made.getWeights();
  const [bias] = weights.slice(-1);
  bias.data[0] = -40;
  made.setWeights(weights);
  return made;
}

const cases: Parts[] = [
  ...(Object.keys(looks) as Look[]).map((look) => ({ look })),
  { look: 'attention', mask: false, keyed: true },
  { look: 'additiveAttention', keyed: true, cell: true },
  { look: 'two heads', mask: false, keyed: true },
  { look: 'two heads', cell: true },
];

describe.each(cases)('a decoder that attends to itself: %o', (parts) => {
  it('says what whole sequences say of each prefix, whatever the batch', async () => {
    const made = transformer(parts);
    const x = sources(5);
    const options = { start: START, end: END, maxLength: STEPS };
    const found = await made.decode(x, options);
    expect(found).toEqual(await made.decode(x, { ...options, batchSize: 2 }));
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
      expect(found[index].tokens).toEqual(prefix);
      expect(found[index].ended).toBe(ended);
      expect(Math.abs(found[index].logProbability - sum)).toBeLessThan(NEAR);
    }
    const bytes = made.memoryBytes;
    for (let i = 0; i < 5; i++) expect(await made.decode(x, options)).toEqual(found);
    expect(made.memoryBytes).toBe(bytes);
    made.dispose();
  });

  it('keeps its beams and what they have seen together: they are those of a search by hand, and all sequences', async () => {
    const vocabulary = 4;
    const MOST = 4;
    const made = transformer({ ...parts, vocabulary });
    const x = sources(2, vocabulary);
    for (const lengthPenalty of [0, 1]) {
      const options = (beam: number): DecodeOptions => ({
        start: START,
        end: END,
        maxLength: MOST,
        strategy: { beam, lengthPenalty },
      });
      for (let index = 0; index < 2; index++) {
        const next = await tabled(made, x, index, MOST);
        for (const width of [1, 2, 3, 6, 300]) {
          const found = (await made.decode(x, options(width)))[index];
          const all =
            width === 300
              ? every(next, END, MOST, lengthPenalty)
              : beams(next, END, MOST, lengthPenalty, width);
          const known = ({ tokens }: { tokens: readonly number[] }) =>
            parts.look !== 'two heads' || !tokens.includes(0);
          const [said, truth] = [found.beams.filter(known), all.filter(known)];
          expect(said.length).toBeGreaterThan(0);
          expect(said.map(({ tokens }) => tokens)).toEqual(truth.map(({ tokens }) => tokens));
          said.forEach(({ score, ended }, i) => {
            expect(Math.abs(score - truth[i].score)).toBeLessThan(NEAR);
            expect(ended).toBe(truth[i].ended);
          });
        }
      }
    }
    made.dispose();
  });

  it('draws tokens whose probabilities are those of whole sequences', async () => {
    const made = transformer(parts);
    const x = sources(6);
    const options = {
      start: START,
      end: END,
      maxLength: STEPS,
      strategy: { temperature: 3, seed: 2 },
    };
    const found = await made.decode(x, options);
    expect(await made.decode(x, { ...options, batchSize: 4 })).toEqual(found);
    for (const [index, { tokens, ended, logProbability }] of found.entries()) {
      const all = [...tokens, ...(ended ? [END] : [])];
      let sum = 0;
      for (const [t, token] of all.entries()) {
        sum += (await distribution(made, x, index, all.slice(0, t)))[token];
      }
      expect(Math.abs(logProbability - sum)).toBeLessThan(NEAR);
    }
    made.dispose();
  });
});

/** A language model with places, as GPT has them: [tokens] beside the numbers of their steps. */
function language(steps: number): Model {
  const places = input({ shape: [steps], dtype: 'int32' });
  const given = input({ shape: [steps], dtype: 'int32' });
  const of = (inputDim: number, value: SymbolicTensor) =>
    layers.embedding({ inputDim, outputDim: 6 }).apply(value);
  const read = layers.add().apply([of(V, given), of(steps, places)]);
  const seen = layers.multiHeadAttention({ ...causal, numHeads: 2, keyDim: 3 });
  const [both, scores] = layers
    .attention({ ...causal, returnAttentionScores: true })
    .apply([read, read]);
  // weights of steps to come are 0, and are read
  const weighed = layers.concatenate().apply([seen.apply([read, read]), both, scores]);
  const outputs = layers.dense({ units: V, activation: 'softmax' }).apply(weighed);
  return decided(model({ inputs: [places, given], outputs, numerics: 'portable' }));
}

it('reads a place at each step, and scores that are 0 for steps to come', async () => {
  const steps = 11;
  const made = language(steps);
  const places = tensor(
    Float32Array.from({ length: steps }, (_, i) => i),
    [1, steps],
  );
  for (const strategy of ['greedy', { beam: 3 }] as const) {
    const [{ tokens, ended, logProbability }] = await made.decode(places, {
      start: START,
      end: V - 1,
      maxLength: steps,
      strategy,
    });
    const all = [...tokens, ...(ended ? [V - 1] : [])];
    const given = new Float32Array(steps);
    given.set([START, ...all].slice(0, steps));
    const y = (await made.predict([places, tensor(given, [1, steps])])) as typeof places;
    const sum = all.reduce((logs, token, t) => logs + Math.log(y.data[t * V + token]), 0);
    expect(all.length).toBeGreaterThan(3);
    expect(Math.abs(logProbability - sum)).toBeLessThan(4 * NEAR);
  }
  made.dispose();
});

it('reads no step twice: keys and values are of the newest one, and those of the encoder are made once', () => {
  const made = transformer({ look: 'two heads', mask: false });
  const { network, workspace, memory, solo } = made[internals]();
  let rows: number[] = [];
  const denseForward = (...given: Parameters<typeof solo.denseForward>) => {
    rows.push(given[0]);
    return solo.denseForward(...given);
  };
  const counted = Object.create(solo, { denseForward: { value: denseForward } }) as typeof solo;
  const own = new Network(network.graph, counted, seedWords(0));
  const decoder = new Decoder(own, steppingOf(own, 1), workspace, memory, 1, 3, 1, STEPS);
  decoder.begin(undefined, 0, 3);
  for (let t = 0; t < STEPS; t++) {
    rows = [];
    decoder.step([START, 3, 4], t);
    const once = rows.filter((count) => count === 3);
    // of each block query, key, value and context of one attention, query and context of the other; and the output
    expect(once.length).toBe(2 * 6 + 1);
    expect(rows.filter((count) => count !== 3)).toEqual(t === 0 ? [21, 21, 21, 21] : []);
  }
  decoder.end();
  made.dispose();
});

describe('refusals', () => {
  const good = { start: START, end: END, maxLength: 4 };
  const over = (
    steps: number,
    make: (read: SymbolicTensor, source: SymbolicTensor) => SymbolicTensor,
  ) => {
    const source = input({ shape: [steps, D], name: 'source' });
    const target = input({ shape: [steps], dtype: 'int32', name: 'target' });
    const read = layers.embedding({ inputDim: V, outputDim: D }).apply(target);
    const outputs = layers.dense({ units: V, activation: 'softmax' }).apply(make(read, source));
    return model({ inputs: [source, target], outputs });
  };
  const x = (steps: number) => noise(1, [steps, D]);

  it.each<[string, (read: SymbolicTensor, source: SymbolicTensor) => SymbolicTensor, RegExp]>([
    [
      'attention to tokens to come',
      (read, source) => layers.add().apply([source, layers.attention().apply([read, read])]),
      /layer attention \(Attention\) looks at the whole sequence that is decoded: give it useCausalMask: true/,
    ],
    [
      'heads that look at tokens to come',
      (read, source) => layers.multiHeadAttention({ numHeads: 1, keyDim: 2 }).apply([source, read]),
      /multi_head_attention.*useCausalMask: true/,
    ],
    [
      'a value of the decoder under a key that is not its own',
      (read, source) => layers.attention(causal).apply([read, read, source]),
      /attends to a key or value of the decoder beside one that is no part of it/,
    ],
  ])('%s', async (_, make, message) => {
    await expectError(() => over(4, make).decode(x(4), good), 'bad-option', message);
  });

  it('more tokens than steps are declared, and what no memory holds, before it is taken', async () => {
    const make = (read: SymbolicTensor, source: SymbolicTensor) =>
      layers
        .add()
        .apply([
          source,
          layers.multiHeadAttention({ ...causal, numHeads: 2, keyDim: 8 }).apply([read, read]),
        ]);
    await expectError(
      () => over(4, make).decode(x(4), { ...good, maxLength: 5 }),
      'bad-option',
      /maxLength must be at most 4.*attends to it, but got 5/,
    );
    const long = over(2 ** 14, make);
    const [{ tokens }] = await long.decode(x(2 ** 14), good);
    expect(tokens.length).toBeLessThanOrEqual(4);
    const bytes = long.memoryBytes;
    const options = { ...good, maxLength: 2 ** 14, strategy: { beam: 2 ** 13 } };
    await expectError(() => long.decode(x(2 ** 14), options), 'memory-limit', /8192 beams/);
    expect(long.memoryBytes).toBe(bytes);
    long.dispose();
  });
});

it('stands beside training', async () => {
  const made = transformer({ look: 'two heads' });
  const x = sources(4);
  const options = { start: START, end: END, maxLength: 5, strategy: { beam: 3 } };
  const before = await made.decode(x, options);
  made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const targets = tensor(new Float32Array(4 * STEPS).fill(1), [4, STEPS]);
  const fitted = made.fit([x, targets], targets, { epochs: 2, verbose: 0 });
  const during = made.decode(x, options);
  await fitted;
  expect((await during).length).toBe(4);
  const after = await made.decode(x, options);
  expect(after).not.toEqual(before);
  expect(await made.decode(x, options)).toEqual(after);
  made.dispose();
});
