// Attention beside LSTMs that threads share: any number of them gives the same bits.
import { expect, it } from 'vitest';
import { bits, trained } from '../support/attention-training.js';

it('trains and decodes to the same bits in several threads', async () => {
  const alone = await bits(await trained(90));
  for (const threads of [2, 3]) {
    const shared = await trained(90, threads);
    expect(await bits(shared)).toEqual(alone);
    shared.dispose();
  }
});
