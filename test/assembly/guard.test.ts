// The guard that all tests of kernels rely on, with calls that break a contract on purpose.
import { describe, expect, it } from 'vitest';
import { Arena, builds } from '../support/kernels.js';

describe.each(builds)('the guarded memory of the %s build', (build) => {
  it('catches a write into a buffer that a call has no business with', () => {
    const arena = new Arena(build);
    const at = arena.put('own', [1, 2, 3, 4]);
    const other = arena.put('other', [5, 6, 7, 8]);
    const floats = (other - at) / 4 + 2;
    expect(() => arena.kernels.fill(floats, at, 9)).toThrow('fill changed other');
    expect(arena.damaged()).toEqual(['own', 'other']);
  });

  it('catches a change of the sign of 0', () => {
    const arena = new Arena(build);
    const own = arena.put('own', [1, 2, 3, 4]);
    const zeros = arena.put('zeros', [0, 0, 0, 0]);
    const floats = (zeros - own) / 4 + 1;
    expect(() => arena.kernels.fill(floats, own, -0)).toThrow('fill changed zeros');
  });

  it('lets a call write what its contract names', () => {
    const arena = new Arena(build);
    const at = arena.put('own', [1, 2, 3, 4]);
    arena.put('other', [5, 6, 7, 8]);
    arena.kernels.fill(4, at, 9);
    expect([...arena.floats(at, 4)]).toEqual([9, 9, 9, 9]);
  });
});
