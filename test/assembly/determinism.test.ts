// The plain build promises the same bits on every engine and every machine. The digests below were
// taken once; a change of theirs is a change of everybody's results and belongs into the changelog.
import { describe, expect, it } from 'vitest';
import { digest, train } from '../support/kernel-training.js';
import { Arena, builds } from '../support/kernels.js';

describe('results to the bit', () => {
  it.each(builds)('are the same in every instance of the %s build', (build) => {
    expect(train(build)).toEqual(train(build));
  });

  it.each(['simd', 'relaxed'] as const)(
    'are those of the loops for 256 bits, %s build',
    (build) => {
      expect(train(`${build}, wide`)).toEqual(train(build));
    },
  );

  it('are those of the plain build everywhere', () => {
    expect(train('simd')).toEqual({
      first: '901362af',
      second: '95d1fa06',
      loss: 'f70c8b53',
    });
  });

  it('are those of the scalar maths everywhere', () => {
    const { kernels } = new Arena('simd');
    const names = ['mathExp', 'mathLog', 'mathSin', 'mathCos', 'mathTanh'];
    const inputs = Array.from({ length: 1000 }, (_, n) => (n + 1) * 0.01234);
    const values = names.flatMap((name) => inputs.map((x) => kernels[name](x)));
    values.push(...inputs.map((x) => kernels.mathPow(x, x - 6)));
    expect(digest(new Uint8Array(Float64Array.from(values).buffer))).toBe('4c676030');
  });
});
