// model.decode: sources in, sequences of tokens out.
import { SluiceError } from '../errors.js';
import { portText } from '../layers/port.js';
import { Random, seedWords } from '../random.js';
import { type Arrays, rangeText } from './arrays.js';
import type { Batches } from './batches.js';
import { BeamSearch, type Hypothesis } from './beam-search.js';
import type { Internals } from './built.js';
import { checkInputs } from './dataset.js';
import { checkDecodeOptions, type DecodeConfig, type DecodeOptions } from './decode-options.js';
import { Decoder } from './decoder.js';
import { steppingOf, stepsAtMost } from './decoder-graph.js';
import { steadily } from './evaluation.js';
import { Breather } from './macrotask.js';
import { Network } from './network.js';
import type { Stages } from './stages.js';
import { drawToken, logProbabilities, mostProbable } from './token-scores.js';

/** What model.decode gives for one source: the best hypothesis, and all that beam search has ended with. */
export interface Decoded extends Hypothesis {
  /** Best first; of greedy search and of sampling the one that there is. */
  readonly beams: readonly Hypothesis[];
}

/** @throws SluiceError 'bad-option', 'bad-shape', 'bad-data', 'memory-limit', 'not-finite', 'disposed' */
export async function decode(
  stages: Stages,
  x: Arrays,
  options: DecodeOptions,
): Promise<Decoded[]> {
  const config = checkDecodeOptions(options);
  const internals = stages.open();
  const input = decoderInput(internals, config.decoderInput);
  const network = ownNetwork(internals, stages.design.seed);
  checkTokens(network, input, config);
  const stepping = steppingOf(network, input);
  if (!stepping.stepped[network.heads[0].value]) {
    throw new SluiceError(
      'bad-option',
      `decode: output '${network.heads[0].name}' does not depend on input '${network.inputs[input].name}', which tokens ` +
        'go into; name another one by decoderInput',
    );
  }
  const data = sourcesOf(stages, internals, x, input);
  const count = data?.count ?? 1;
  const most = Math.min(config.batchSize, count);
  const width = config.strategy.kind === 'beam' ? config.strategy.width : 1;
  const { workspace, memory } = internals;
  const { maxLength } = config;
  checkLength(stepsAtMost(network, stepping), maxLength);
  const decoder = new Decoder(network, stepping, workspace, memory, input, most, width, maxLength);
  try {
    return await stages.gate.read(() =>
      steadily(stages, 'decode', (same) => all(decoder, data, count, most, config, same)),
    );
  } finally {
    decoder.end();
  }
}

async function all(
  decoder: Decoder,
  data: Batches | undefined,
  count: number,
  most: number,
  config: DecodeConfig,
  same: () => boolean,
): Promise<Decoded[] | undefined> {
  const breather = new Breather();
  const held = data?.held();
  const found: Decoded[] = [];
  for (let from = 0; from < count; from += most) {
    const sources = Math.min(most, count - from);
    decoder.begin(held, from, sources);
    const { strategy } = config;
    const some =
      strategy.kind === 'beam'
        ? searched(decoder, from, sources, config, strategy)
        : said(decoder, from, sources, config);
    found.push(...some);
    if (!breather.due) continue;
    await breather.breathe();
    if (!same()) return undefined;
  }
  return found;
}

/** One token after the other, the most probable one or one that is drawn. */
function said(decoder: Decoder, first: number, count: number, config: DecodeConfig): Decoded[] {
  const { start, end, maxLength, strategy } = config;
  const rows = Array.from({ length: count }, (_, i) => ({
    tokens: [] as number[],
    ended: false,
    logProbability: 0,
    random: strategy.kind === 'sampling' ? new Random(strategy.seed, first + i) : undefined,
  }));
  const given = new Int32Array(count).fill(start);
  const logs = new Float64Array(decoder.vocabulary);
  for (let t = 0; t < maxLength && rows.some(({ ended }) => !ended); t++) {
    const scores = decoder.step(given, t);
    rows.forEach((row, i) => {
      if (row.ended) return;
      rowOf(decoder, scores, i, first + i, t, logs);
      const { random } = row;
      const token =
        strategy.kind === 'sampling' && random
          ? drawToken(logs, strategy, random)
          : mostProbable(logs);
      row.logProbability += logs[token];
      given[i] = token;
      if (token === end) row.ended = true;
      else row.tokens.push(token);
    });
  }
  return rows.map(({ tokens, ended, logProbability }) => {
    const only = { tokens, ended, logProbability, score: logProbability };
    return { ...only, beams: [only] };
  });
}

function searched(
  decoder: Decoder,
  from: number,
  count: number,
  { start, end, maxLength }: DecodeConfig,
  { width, alpha }: { readonly width: number; readonly alpha: number },
): Decoded[] {
  const searches = Array.from(
    { length: count },
    () => new BeamSearch(width, alpha, maxLength, end),
  );
  const given = new Int32Array(count * width).fill(start);
  const parents = Int32Array.from(given, (_, row) => row);
  const logs = Array.from({ length: width }, () => new Float64Array(decoder.vocabulary));
  for (let t = 0; t < maxLength && searches.some(({ live }) => live.length > 0); t++) {
    const scores = decoder.step(given, t);
    searches.forEach((search, i) => {
      const first = i * width;
      if (search.live.length === 0) return;
      search.live.forEach((_, k) => {
        rowOf(decoder, scores, first + k, from + i, t, logs[k]);
      });
      search.advance(logs);
      search.live.forEach(({ row, last }, k) => {
        parents[first + k] = first + row;
        if (last) given[first + k] = last.token;
      });
    });
    decoder.reorder(parents);
  }
  return searches.map((search) => {
    const beams = search.results();
    return { ...beams[0], beams };
  });
}

/** log p of one row. @throws SluiceError 'not-finite' */
function rowOf(
  decoder: Decoder,
  scores: Float32Array,
  row: number,
  source: number,
  t: number,
  to: Float64Array,
): void {
  const V = decoder.vocabulary;
  const values = scores.subarray(row * V, (row + 1) * V);
  const wrong = values.find((value) => value - value !== 0);
  if (wrong !== undefined) {
    throw new SluiceError(
      'not-finite',
      `decode: what source ${source} says at step ${t} holds ${wrong}; it left the range of float32: train with ` +
        'smaller steps, or clip gradients',
    );
  }
  logProbabilities(values, decoder.logits, to);
}

/** A network of the same weights that the model does not bind. */
function ownNetwork({ network, solo }: Internals, seed: number): Network {
  const own = new Network(network.graph, solo, seedWords(seed));
  const [head] = own.heads;
  const { calls, layers } = own.graph;
  const call = calls.find(({ outputs }) => outputs.includes(head.value));
  const activation = call && layers[call.layer].layer.activation;
  const { port, name } = head;
  if (activation !== 'softmax' || !port.sequence) {
    throw new SluiceError(
      'bad-option',
      `decode: output '${name}' must be a distribution over tokens at each step, [timesteps, tokens] out of activation ` +
        `'softmax', but is ${portText(port)} out of '${activation ?? 'a layer without one'}'`,
    );
  }
  head.fusesSoftmax = head.alone;
  return own;
}

function decoderInput({ network }: Internals, name: string | undefined): number {
  const names = network.inputs.map((one) => one.name);
  const index = name === undefined ? names.length - 1 : names.indexOf(name);
  if (index < 0) {
    throw new SluiceError(
      'bad-option',
      `decode: decoderInput must be the name of an input (${names.join(', ')}), but got '${name}'`,
    );
  }
  const { port } = network.inputs[index];
  if (port.dtype === 'int32' && port.shape.length === 1 && port.steps > 1) return index;
  throw new SluiceError(
    'bad-option',
    `decode: input '${names[index]}', which tokens go into, must be [timesteps] of integers with two steps or more, but is ` +
      `${portText(port)}; read it by layers.embedding, or name another one by decoderInput`,
  );
}

/** Tokens that come out go in again. */
function checkTokens(
  { heads, inputs }: Network,
  input: number,
  { start, end }: DecodeConfig,
): void {
  const V = heads[0].port.features;
  const { name, range } = inputs[input];
  if (end >= V) {
    throw new SluiceError(
      'bad-option',
      `decode: end must be a token of output '${heads[0].name}', an integer from 0 to ${V - 1}, but got ${end}`,
    );
  }
  if (!range) return;
  const [most, what] =
    start >= range.below ? [start, 'start'] : [V - 1, 'the last token of the output'];
  if (most < range.below) return;
  throw new SluiceError(
    'bad-option',
    `decode: input '${name}' takes ${rangeText(range)}, but ${what} is ${most}`,
  );
}

function checkLength(most: number, maxLength: number): void {
  if (maxLength <= most) return;
  throw new SluiceError(
    'bad-option',
    `decode: maxLength must be at most ${most}, for the decoder reads a sequence of so many steps one by one, or attends to it, ` +
      `but got ${maxLength}`,
  );
}

/** What encoders read: the inputs but the decoder's; nothing where there is no other. */
function sourcesOf(
  stages: Stages,
  internals: Internals,
  x: Arrays,
  input: number,
): Batches | undefined {
  const signature = stages.signature(internals);
  const inputs = signature.inputs.filter((_, i) => i !== input);
  if (inputs.length > 0) return checkInputs('x', x, { ...signature, inputs });
  if (Array.isArray(x) && x.length === 0) return undefined;
  throw new SluiceError(
    'bad-shape',
    `decode: x must be [], for the only input of the model, '${signature.inputs[0].name}', takes tokens`,
  );
}
