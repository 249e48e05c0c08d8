import { describe, expect, it } from 'vitest';
import { features } from '../../src/engine/features.js';
import { instantiateKernels } from '../../src/engine/kernels.js';
import { KNOWN_ANSWERS, KnownAnswer } from '../../src/engine/known-answer.js';
import { loadModule } from '../../src/engine/module.js';
import { tryWideVectors } from '../../src/engine/wide-trial.js';

const loaded = (['portable', 'fast'] as const).map(loadModule);

describe('the known answer', () => {
  it.each(loaded)(
    'is that of the $build kernels, in both kinds of loops, again and again',
    (one) => {
      for (const wide of [false, true]) {
        const work = new KnownAnswer(instantiateKernels(one.module, undefined, wide));
        for (let round = 0; round < 3; round++) {
          work.run();
          expect(work.digest()).toBe(KNOWN_ANSWERS[one.build]);
        }
      }
    },
  );

  it('is another one when a kernel is off by a bit', () => {
    const kernels = instantiateKernels(loadModule('portable').module);
    const wrong = { ...kernels, memory: kernels.memory };
    wrong.lstmBackward = (...args) => {
      kernels.lstmBackward(...args);
      new Int32Array(kernels.memory.buffer, args[15], 1)[0] ^= 1;
    };
    const work = new KnownAnswer(wrong);
    work.run();
    expect(work.digest()).not.toBe(KNOWN_ANSWERS.simd);
  });
});

it('tries every build that this engine runs', () => {
  const trials = tryWideVectors();
  expect(trials.map(({ build }) => build)).toEqual(
    features().relaxedSimd ? ['simd', 'relaxed-simd'] : ['simd'],
  );
  for (const { right, gain } of trials) {
    expect(right).toBe(true);
    expect(gain).toBeGreaterThan(0);
  }
});
