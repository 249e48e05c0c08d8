import { madd } from "../math/vector";

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
 * Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
 * learning", ICML 2013, in the form of Keras.
 */
export function sgd(
  runs: i32, n: i32, stride: i32, w: usize, g: usize, velocity: usize,
  learningRate: f32, momentum: f32, nesterov: i32, gradientScale: f32,
): void {
  const rate = f32x4.splat(-learningRate * gradientScale);
  const bytes = (<usize>n) << 2;
  const step = (<usize>stride) << 2;
  const mu = f32x4.splat(momentum);
  let from: usize = 0;
  for (let run = 0; run < runs; ++run, from += step) {
    const end = from + bytes;
    if (!velocity) {
      for (let i = from; i < end; i += 16) {
        v128.store(w + i, madd(rate, v128.load(g + i), v128.load(w + i)));
      }
      continue;
    }
    for (let i = from; i < end; i += 16) {
      const d = f32x4.mul(rate, v128.load(g + i));
      const next = madd(mu, v128.load(velocity + i), d);
      v128.store(velocity + i, next);
      const change = nesterov ? madd(mu, next, d) : next;
      v128.store(w + i, f32x4.add(v128.load(w + i), change));
    }
  }
}
