import { madd } from "../math/vector";

/**
 * One step of Adam over n floats, n a multiple of 4:
 *   g' = gradientScale g;   m = beta1 m + (1 - beta1) g';   v = beta2 v + (1 - beta2) g'^2
 *   w -= learningRate (m correction1) / (sqrt(v correction2) + epsilon)
 * correction1 = 1 / (1 - beta1^t), correction2 = 1 / (1 - beta2^t), t = 1 at the first step;
 * take the powers of the betas as f32 (Math.fround), for those are what stands here.
 *
 * w, m, v [n]: read and written. g [n]: only read. All 16-byte aligned, none may overlap.
 * Padding: where w, g, m and v hold 0 they keep 0.
 * Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1,
 * with epsilon outside the root as Keras and PyTorch have it.
 */
export function adam(
  n: i32, w: usize, g: usize, m: usize, v: usize,
  learningRate: f32, beta1: f32, beta2: f32, epsilon: f32,
  correction1: f32, correction2: f32, gradientScale: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const a1 = f32x4.splat((1 - beta1) * gradientScale);
  const a2 = f32x4.splat(1 - beta2);
  const scale = f32x4.splat(gradientScale);
  const rate = f32x4.splat(-learningRate * correction1);
  const c2 = f32x4.splat(correction2);
  const eps = f32x4.splat(epsilon);
  const bytes = (<usize>n) << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = v128.load(g + i);
    const scaled = f32x4.mul(gradient, scale);
    const first = madd(b1, v128.load(m + i), f32x4.mul(a1, gradient));
    const second = madd(b2, v128.load(v + i), f32x4.mul(f32x4.mul(a2, scaled), scaled));
    v128.store(m + i, first);
    v128.store(v + i, second);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, c2)), eps);
    const step = f32x4.div(f32x4.mul(first, rate), root);
    v128.store(w + i, f32x4.add(v128.load(w + i), step));
  }
}
