import { instantiateKernels } from './kernels.js';
import { KNOWN_ANSWERS, KnownAnswer } from './known-answer.js';
import { type Build, loadModule } from './module.js';

/** What one build did on this engine. */
export interface BuildTrial {
  readonly build: Build;
  /** Whether every look at the results found the known answer. */
  readonly right: boolean;
  /** How many times as fast the loops for 256 bits are. */
  readonly gain: number;
}

/** Compilers take over after some calls: results are looked at before, between and after. */
const LOOKS = 6;
const ROUNDS = 12;

/** Lets each build that this engine runs do its known training in both kinds of loops, in about 0.1 s. */
export function tryWideVectors(): BuildTrial[] {
  const builds = new Map((['portable', 'fast'] as const).map(loadModule).map((m) => [m.build, m]));
  return [...builds.values()].map(({ module, build }) => {
    const [narrow, wide] = [false, true].map((loops) => ({
      work: new KnownAnswer(instantiateKernels(module, undefined, loops)),
      best: Number.POSITIVE_INFINITY,
    }));
    let right = true;
    for (let look = 0; look < LOOKS; look++) {
      for (const one of [narrow, wide]) {
        // the best of the later rounds: the first ones run what the baseline compiler made
        one.best = Number.POSITIVE_INFINITY;
        for (let round = 0; round < ROUNDS; round++) one.best = Math.min(one.best, timed(one.work));
        right &&= one.work.digest() === KNOWN_ANSWERS[build];
      }
    }
    return { build, right, gain: narrow.best / wide.best };
  });
}

function timed(work: KnownAnswer): number {
  const start = performance.now();
  work.run();
  return performance.now() - start;
}
