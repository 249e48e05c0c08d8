import { describe, expect, it } from 'vitest';
import { NopPruner } from '../../../src/tune/pruners/nop.js';
import { prunerContract } from '../../contracts/pruner.js';

describe('NopPruner', () => {
  prunerContract(() => new NopPruner());

  it('never prunes', () => {
    expect(new NopPruner().prune()).toBe(false);
  });
});
