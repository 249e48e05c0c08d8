// An encoder and a decoder with every attention, trained, and hashes of what it comes to.
import { input, layers, type Model, model, tensor } from 'sluice';
import { bitsOf, noise } from './samples.js';

/** FNV-1a over 32-bit words. */
function hashOf(words: readonly number[]): string {
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const V = 11;
const tokens = (count: number, steps: number, seed: number) =>
  tensor(
    noise(count, [steps], seed).data.map((value) => Math.floor(Math.abs(value) * 1e4) % V),
    [count, steps],
  );
const [source, given, wanted] = [tokens(40, 9, 1), tokens(40, 6, 2), tokens(40, 6, 3)];

/** @param units of both LSTMs: threads share those of 90 */
export async function trained(units: number, threads?: number): Promise<Model> {
  const read = input({ shape: [9], dtype: 'int32' });
  const said = input({ shape: [6], dtype: 'int32' });
  const words = () => layers.embedding({ inputDim: V, outputDim: 5, maskZero: true });
  const [encoded, ...states] = layers
    .lstm({ units, returnSequences: true, returnState: true })
    .applyWithStates(words().apply(read));
  const asked = layers
    .lstm({ units, returnSequences: true })
    .apply(words().apply(said), { initialState: states });
  const seen = [
    layers.attention({ useScale: true, dropout: 0.2 }),
    layers.attention({ scoreMode: 'concat' }),
    layers.additiveAttention(),
    layers.multiHeadAttention({ numHeads: 3, keyDim: 5, dropout: 0.1 }),
  ].map((layer) => layer.apply([asked, encoded]));
  const outputs = layers
    .dense({ units: V, activation: 'softmax' })
    .apply(layers.concatenate().apply([asked, ...seen]));
  const made = model({
    inputs: [read, said],
    outputs,
    seed: 42,
    numerics: 'portable',
    ...(threads && { threads }),
  });
  made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  // so that the other threads are there when it counts
  if (threads) await new Promise((resolve) => setTimeout(resolve, 250));
  await made.fit([source, given], wanted, { epochs: 3, batchSize: 16, verbose: 0 });
  return made;
}

export async function bits(made: Model) {
  const options = { start: 1, end: 2, maxLength: 8 };
  const drawn = await made.decode(source, {
    ...options,
    strategy: { temperature: 1.3, topP: 0.95, seed: 7 },
  });
  const searched = await made.decode(source, {
    ...options,
    strategy: { beam: 3, lengthPenalty: 0.8 },
  });
  return {
    weights: hashOf(bitsOf(made.getWeights()).flat()),
    drawn: hashOf(drawn.flatMap((one) => one.tokens)),
    searched: hashOf(searched.flatMap((one) => one.tokens)),
    score: searched[0].score,
  };
}
