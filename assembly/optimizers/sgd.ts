import { madd } from "../math/vector";

/**
 * One step of gradient descent over n floats, n a multiple of 4, as Keras defines it:
 *   d = -learningRate gradientScale g
 *   velocity = 0:            w += d                       (momentum and nesterov have no meaning)
 *   otherwise:               velocity = momentum velocity + d
 *     nesterov = 0:          w += velocity
 *     nesterov = 1:          w += momentum velocity + d   (the new velocity)
 *
 * w, velocity [n]: read and written. g [n]: only read. All 16-byte aligned, none may overlap.
 * Padding: where w, g and velocity hold 0 they keep 0.
 * Source: I. Sutskever et al., "On the importance of initialization and momentum in deep
 * learning", ICML 2013, in the form of Keras.
 */
export function sgd(
  n: i32, w: usize, g: usize, velocity: usize,
  learningRate: f32, momentum: f32, nesterov: i32, gradientScale: f32,
): void {
  const rate = f32x4.splat(-learningRate * gradientScale);
  const bytes = (<usize>n) << 2;
  if (!velocity) {
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(w + i, madd(rate, v128.load(g + i), v128.load(w + i)));
    }
    return;
  }
  const mu = f32x4.splat(momentum);
  for (let i: usize = 0; i < bytes; i += 16) {
    const d = f32x4.mul(rate, v128.load(g + i));
    const next = madd(mu, v128.load(velocity + i), d);
    v128.store(velocity + i, next);
    const step = nesterov ? madd(mu, next, d) : next;
    v128.store(w + i, f32x4.add(v128.load(w + i), step));
  }
}
