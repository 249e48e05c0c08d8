// Every option of layers that take two inputs acts, through every door; the tables must name each one.
import {
  type AdditiveAttentionOptions,
  type AttentionOptions,
  type DotOptions,
  model as graphOf,
  input,
  layers,
  type Model,
  type MultiHeadAttentionOptions,
  type SymbolicTensor,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { type Acts, graphDoors, graphTraceOf, inputShape } from './option-doors.js';

const attention: Acts<AttentionOptions> = {
  seed: [9, 'loss'],
  useScale: [true, 'names'],
  scoreMode: ['concat', 'outputs'],
  dropout: [0.5, 'loss'],
  useCausalMask: [true, 'outputs'],
  returnAttentionScores: [true, 'shapes'],
  trainable: [false, 'trained'],
  name: ['look', 'layerNames'],
};
const additiveAttention: Acts<AdditiveAttentionOptions> = {
  seed: [9, 'loss'],
  useScale: [false, 'names'],
  dropout: [0.5, 'loss'],
  useCausalMask: [true, 'outputs'],
  returnAttentionScores: [true, 'shapes'],
  trainable: [false, 'trained'],
  name: ['look', 'layerNames'],
};
const multiHeadAttention: Acts<MultiHeadAttentionOptions> = {
  seed: [9, 'loss'],
  numHeads: [3, 'weights'],
  keyDim: [5, 'weights'],
  valueDim: [4, 'weights'],
  dropout: [0.5, 'loss'],
  useBias: [false, 'names'],
  outputShape: [5, 'shapes'],
  useCausalMask: [true, 'outputs'],
  trainable: [false, 'trained'],
  name: ['look', 'layerNames'],
};
const dot: Acts<DotOptions> = {
  axes: [1, 'shapes'],
  normalize: [true, 'outputs'],
  name: ['products', 'layerNames'],
};

/** A layer of two inputs, both after the same LSTM. */
function pairOf(layer: { apply(inputs: readonly SymbolicTensor[]): unknown }): Model {
  const given = input({ shape: inputShape });
  const read = layers.lstm({ units: 3, returnSequences: true }).apply(given);
  return graphOf({ inputs: given, outputs: layer.apply([read, read]) as SymbolicTensor });
}

describe.each([
  ['layers.attention', attention, { useScale: true }, layers.attention],
  ['layers.additiveAttention', additiveAttention, {}, layers.additiveAttention],
  [
    'layers.multiHeadAttention',
    multiHeadAttention,
    { numHeads: 2, keyDim: 3 },
    layers.multiHeadAttention,
  ],
  ['layers.dot', dot, { axes: 2 }, layers.dot],
] as const)('%s', (_, acts, usual, make) => {
  const build = (given: object) => pairOf((make as (options: object) => never)(given));
  const cases = Object.entries<readonly [unknown, string]>(acts as never);

  it.each(cases)('%s acts through every door', async (option, [value, part]) => {
    const drops = option === 'seed' && { dropout: 0.5 };
    const base = option === 'useScale' ? {} : { ...usual, ...drops };
    const before = (await graphTraceOf(build(base))) as Record<string, unknown>;
    for (const [door, through] of Object.entries(graphDoors)) {
      const other = await graphTraceOf(through(build({ ...base, [option]: value })));
      expect((other as typeof before)[part], `${option} through ${door}`).not.toEqual(before[part]);
      expect(other).toEqual(await graphTraceOf(build({ ...base, [option]: value })));
    }
  });
});
