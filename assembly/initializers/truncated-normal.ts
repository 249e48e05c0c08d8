import { angle, blockOf, radius } from "../math/random";

/** Deviates further out than so many standard deviations are drawn again, as Keras does. */
const BOUND: f64 = 2;
/** A deviate is outside with a probability of 0.0455: so often in a row is less than 1 in 10^85. */
const ATTEMPTS: u32 = 64;

/** Lane 0..3 of the normal deviates that the four words of a block give, see randomNormal. */
function deviate(words: v128, lane: i32): f64 {
  const first = lane < 2;
  const w = <u32>(first ? i32x4.extract_lane(words, 0) : i32x4.extract_lane(words, 2));
  const a = angle(<u32>(first ? i32x4.extract_lane(words, 1) : i32x4.extract_lane(words, 3)));
  return radius(w) * (lane & 1 ? NativeMath.sin(a) : NativeMath.cos(a));
}

/**
 * ptr[0..n) normal, within two standard deviations of the mean: element e takes the deviate that randomNormal would give
 * it, and where that is outside, the one of the same place in counter (block, 1, counterLo, counterHi), then 2 ...
 * So each is a pure function of seed, counter and place. In f64, rounded to f32 once at the end. Variance of the
 * standard one: 0.7737. Any n >= 0; nothing beyond n is written.
 */
export function truncatedNormal(
  n: i32, ptr: usize, mean: f32, std: f32,
  seedLo: u32, seedHi: u32, counterLo: u32, counterHi: u32,
): void {
  let words = i32x4.splat(0);
  for (let i = 0; i < n; ++i, ptr += 4) {
    const block = <u32>(i >> 2);
    if (!(i & 3)) words = blockOf(seedLo, seedHi, block, 0, counterLo, counterHi);
    let z = deviate(words, i & 3);
    for (let attempt: u32 = 1; Math.abs(z) > BOUND; ++attempt) {
      const again = blockOf(seedLo, seedHi, block, attempt, counterLo, counterHi);
      z = attempt < ATTEMPTS ? deviate(again, i & 3) : 0;
    }
    store<f32>(ptr, <f32>(<f64>mean + <f64>std * z));
  }
}
