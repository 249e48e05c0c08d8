import { describe, expect, it } from 'vitest';
import { secondsBefore } from '../../src/cli/study-time.js';
import type { FrozenTrial } from '../../src/tune/trial.js';

const ran = (from: number, to: number | undefined, code?: string) =>
  ({
    systemAttrs: code === undefined ? {} : { fail_code: code },
    datetimeStart: new Date(from * 1000),
    datetimeComplete: to === undefined ? undefined : new Date(to * 1000),
  }) as unknown as FrozenTrial;

describe('seconds of earlier runs', () => {
  it('counts overlapping trials once and leaves pauses out', () => {
    expect(secondsBefore([ran(100, 110), ran(105, 112), ran(500, 503)], 600_000)).toBe(15);
  });

  it('counts aborted trials, but not those whose end nobody saw', () => {
    const trials = [ran(0, 4, 'aborted'), ran(10, 90, 'interrupted'), ran(95, undefined)];
    expect(secondsBefore(trials, 600_000)).toBe(4);
  });

  it('leaves the trials of this run to its own clock', () => {
    expect(secondsBefore([ran(0, 4), ran(10, 14)], 8_000)).toBe(4);
    expect(secondsBefore([], 0)).toBe(0);
  });
});
