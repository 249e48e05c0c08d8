import { madd } from "../math/vector";
import { meet, shareOf, threadsOf } from "../team";

/**
 * One step of gradient descent over `runs` stretches of n floats, n a multiple of 4, that begin
 * `stride` floats apart, as Keras defines it:
 *   d = -learningRate gradientScale g
 *   velocity = 0:            w += d                       (momentum and nesterov have no meaning)
 *   otherwise:               velocity = momentum velocity + d
 *     nesterov = 0:          w += velocity
 *     nesterov = 1:          w += momentum velocity + d   (the new velocity)
 *
 * w, velocity: read and written. g: only read. All 16-byte aligned with the same stride, a multiple
 * of 4 and at least n; none may overlap. Floats between the stretches are not touched.
 * Padding: where w, g and velocity hold 0 they keep 0.
 * team, rank: see team.ts; 0 and 0: one thread.
 * Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
 * learning", ICML 2013, in the form of Keras.
 */
export function sgd(
  runs: i32, n: i32, stride: i32, w: usize, g: usize, velocity: usize,
  learningRate: f32, momentum: f32, nesterov: i32, gradientScale: f32, team: usize,
  rank: i32,
): void {
  // one stretch is shared out by its vectors, several as they are
  const threads = threadsOf(team);
  const alone = runs == 1;
  const begin = alone ? shareOf(n >> 2, rank, threads) : 0;
  const end = alone ? shareOf(n >> 2, rank + 1, threads) : n >> 2;
  const run0 = alone ? 0 : shareOf(runs, rank, threads);
  const run1 = alone ? 1 : shareOf(runs, rank + 1, threads);
  const rate = f32x4.splat(-learningRate * gradientScale);
  const bytes = (<usize>(end - begin)) << 4;
  const step = (<usize>stride) << 2;
  const mu = f32x4.splat(momentum);
  let from = <usize>run0 * step + ((<usize>begin) << 4);
  for (let run = run0; run < run1; ++run, from += step) {
    const end = from + bytes;
    let i = from;
    // two vectors a round, reads before writes: see wide.ts
    if (!velocity) {
      for (; i + 16 < end; i += 32) {
        const first = madd(rate, v128.load(g + i), v128.load(w + i));
        const second = madd(rate, v128.load(g + i, 16), v128.load(w + i, 16));
        v128.store(w + i, first);
        v128.store(w + i, second, 16);
      }
      if (i < end) v128.store(w + i, madd(rate, v128.load(g + i), v128.load(w + i)));
      continue;
    }
    if (nesterov) {
      for (; i + 16 < end; i += 32) {
        const d0 = f32x4.mul(rate, v128.load(g + i));
        const d1 = f32x4.mul(rate, v128.load(g + i, 16));
        const next0 = madd(mu, v128.load(velocity + i), d0);
        const next1 = madd(mu, v128.load(velocity + i, 16), d1);
        const first = f32x4.add(v128.load(w + i), madd(mu, next0, d0));
        const second = f32x4.add(v128.load(w + i, 16), madd(mu, next1, d1));
        v128.store(velocity + i, next0);
        v128.store(velocity + i, next1, 16);
        v128.store(w + i, first);
        v128.store(w + i, second, 16);
      }
    } else {
      for (; i + 16 < end; i += 32) {
        const next0 = madd(mu, v128.load(velocity + i), f32x4.mul(rate, v128.load(g + i)));
        const next1 = madd(mu, v128.load(velocity + i, 16), f32x4.mul(rate, v128.load(g + i, 16)));
        const first = f32x4.add(v128.load(w + i), next0);
        const second = f32x4.add(v128.load(w + i, 16), next1);
        v128.store(velocity + i, next0);
        v128.store(velocity + i, next1, 16);
        v128.store(w + i, first);
        v128.store(w + i, second, 16);
      }
    }
    if (i < end) {
      const d = f32x4.mul(rate, v128.load(g + i));
      const next = madd(mu, v128.load(velocity + i), d);
      v128.store(velocity + i, next);
      const change = nesterov ? madd(mu, next, d) : next;
      v128.store(w + i, f32x4.add(v128.load(w + i), change));
    }
  }
  meet(team);
}
