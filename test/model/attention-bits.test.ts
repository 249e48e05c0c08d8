// Attention and what is decoded with it: one record of bits for every engine, as in portable-bits.test.ts.
import { expect, it } from 'vitest';
import { bits, trained } from '../support/attention-training.js';

it('trains and decodes to the same bits', async () => {
  expect(await bits(await trained(13))).toEqual({
    weights: '2e786e2a',
    drawn: '51166eee',
    searched: '37204285',
    score: -2.379760412531152,
  });
});
