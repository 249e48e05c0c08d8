import { madd } from "../math/vector";
import { meet, shareOf, threadsOf } from "../team";

/**
 * One step of Adam over `runs` stretches of n floats, n a multiple of 4, that begin `stride` floats
 * apart (lstm-layout: the rows of one weight in every panel); one stretch is the plain case:
 *   g' = gradientScale g;   m += share1 (g' - m);   v += share2 (g'^2 - v)
 *   w -= alpha m / (sqrt(v) + epsilon)
 * share1 = 1 - beta1, share2 = 1 - beta2, rounded after the subtraction: near 1 a beta has few
 * digits left in f32. alpha = learningRate sqrt(1 - beta2^t) / (1 - beta1^t), t = 1 at the first step.
 *
 * w, m, v: read and written. g: only read. All 16-byte aligned with the same stride, a multiple
 * of 4 and at least n; none may overlap. Floats between the stretches are not touched.
 * Padding: where w, g, m and v hold 0 they keep 0.
 * team, rank: see team.ts; 0 and 0: one thread.
 * Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, in the form
 * before its section 2.1 (the epsilon there is not corrected), as Keras has it.
 */
export function adam(
  runs: i32, n: i32, stride: i32, w: usize, g: usize, m: usize, v: usize,
  alpha: f32, share1: f32, share2: f32, epsilon: f32, gradientScale: f32, team: usize,
  rank: i32,
): void {
  // one stretch is shared out by its vectors, several as they are
  const threads = threadsOf(team);
  const alone = runs == 1;
  const begin = alone ? shareOf(n >> 2, rank, threads) : 0;
  const end = alone ? shareOf(n >> 2, rank + 1, threads) : n >> 2;
  const run0 = alone ? 0 : shareOf(runs, rank, threads);
  const run1 = alone ? 1 : shareOf(runs, rank + 1, threads);
  const a1 = f32x4.splat(share1);
  const a2 = f32x4.splat(share2);
  const scale = f32x4.splat(gradientScale);
  const rate = f32x4.splat(-alpha);
  const eps = f32x4.splat(epsilon);
  const bytes = (<usize>(end - begin)) << 4;
  const step = (<usize>stride) << 2;
  let from = <usize>run0 * step + ((<usize>begin) << 4);
  for (let run = run0; run < run1; ++run, from += step) {
    const end = from + bytes;
    let i = from;
    // two vectors a round, reads before writes: see wide.ts
    for (; i + 16 < end; i += 32) {
      const gradient0 = f32x4.mul(v128.load(g + i), scale);
      const gradient1 = f32x4.mul(v128.load(g + i, 16), scale);
      const m0 = v128.load(m + i);
      const m1 = v128.load(m + i, 16);
      const v0 = v128.load(v + i);
      const v1 = v128.load(v + i, 16);
      const w0 = v128.load(w + i);
      const w1 = v128.load(w + i, 16);
      const first0 = madd(a1, f32x4.sub(gradient0, m0), m0);
      const first1 = madd(a1, f32x4.sub(gradient1, m1), m1);
      const second0 = madd(a2, f32x4.sub(f32x4.mul(gradient0, gradient0), v0), v0);
      const second1 = madd(a2, f32x4.sub(f32x4.mul(gradient1, gradient1), v1), v1);
      const change0 = f32x4.div(f32x4.mul(first0, rate), f32x4.add(f32x4.sqrt(second0), eps));
      const change1 = f32x4.div(f32x4.mul(first1, rate), f32x4.add(f32x4.sqrt(second1), eps));
      v128.store(m + i, first0);
      v128.store(m + i, first1, 16);
      v128.store(v + i, second0);
      v128.store(v + i, second1, 16);
      v128.store(w + i, f32x4.add(w0, change0));
      v128.store(w + i, f32x4.add(w1, change1), 16);
    }
    if (i < end) {
      const gradient = f32x4.mul(v128.load(g + i), scale);
      const m0 = v128.load(m + i);
      const v0 = v128.load(v + i);
      const first = madd(a1, f32x4.sub(gradient, m0), m0);
      const second = madd(a2, f32x4.sub(f32x4.mul(gradient, gradient), v0), v0);
      v128.store(m + i, first);
      v128.store(v + i, second);
      const root = f32x4.add(f32x4.sqrt(second), eps);
      const change = f32x4.div(f32x4.mul(first, rate), root);
      v128.store(w + i, f32x4.add(v128.load(w + i), change));
    }
  }
  meet(team);
}
