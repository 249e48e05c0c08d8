// Philox4x32-10, a counter-based generator: word i of a stream is a pure function of
// (seed, counter, i), so streams need no state, can be cut anywhere and cannot drift apart.
// Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011; checked against the known-answer vectors of the authors' Random123.
//
// Key = (seedLo, seedHi); counter = (block, 0, counterLo, counterHi). A block yields four
// words; element e of an array takes word e & 3 of block e >> 2.

// @ts-ignore: decorator
@inline const M0: u32 = 0xd2511f53;
// @ts-ignore: decorator
@inline const M1: u32 = 0xcd9e8d57;
// @ts-ignore: decorator
@inline const W0: u32 = 0x9e3779b9;
// @ts-ignore: decorator
@inline const W1: u32 = 0xbb67ae85;

// The words of four blocks, set and read at once by the kernels below. Globals belong to an
// instance, so that several of them can work in one memory.
let words0: v128 = i32x4.splat(0);
let words1: v128 = i32x4.splat(0);
let words2: v128 = i32x4.splat(0);
let words3: v128 = i32x4.splat(0);

/**
 * words0 .. words3 = the words of the four blocks with counters (c0 .. c0 + 3, c1, c2, c3) under
 * key (k0, k1). The blocks are computed side by side, one in each lane.
 */
function philoxBlocks(k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32): void {
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  let x0 = i32x4.add(i32x4.splat(c0), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(c1);
  let x2 = i32x4.splat(c2);
  let x3 = i32x4.splat(c3);
  for (let round = 0; round < 10; ++round, k0 += W0, k1 += W1) {
    const a = i64x2.extmul_low_i32x4_u(x0, m0);
    const b = i64x2.extmul_high_i32x4_u(x0, m0);
    const c = i64x2.extmul_low_i32x4_u(x2, m1);
    const d = i64x2.extmul_high_i32x4_u(x2, m1);
    // odd halves are the high words of the 64-bit products, even ones the low words
    x0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), x1), i32x4.splat(k0));
    x2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), x3), i32x4.splat(k1));
    x1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
    x3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
  }
  const a = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const c = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const d = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  words0 = v128.shuffle<i64>(a, c, 0, 2);
  words1 = v128.shuffle<i64>(a, c, 1, 3);
  words2 = v128.shuffle<i64>(b, d, 0, 2);
  words3 = v128.shuffle<i64>(b, d, 1, 3);
}

/** out[0..4) = the four u32 words of counter (c0, c1, c2, c3) under key (seedLo, seedHi). */
export function philox(
  seedLo: u32, seedHi: u32, c0: u32, c1: u32, c2: u32, c3: u32, out: usize,
): void {
  philoxBlocks(seedLo, seedHi, c0, c1, c2, c3);
  v128.store(out, words0);
}

/**
 * The words of one block of a stream, for callers that take the blocks in order from 0: every
 * fourth call computes four of them.
 */
// @ts-ignore: decorator
@inline
export function nextBlock(k0: u32, k1: u32, block: u32, counterLo: u32, counterHi: u32): v128 {
  const turn = block & 3;
  if (!turn) {
    philoxBlocks(k0, k1, block, 0, counterLo, counterHi);
    return words0;
  }
  return turn == 1 ? words1 : turn == 2 ? words2 : words3;
}

/** The words of one block of a stream; `attempt` is the second word of the counter, which nextBlock leaves at 0. */
export function blockOf(
  k0: u32, k1: u32, block: u32, attempt: u32, counterLo: u32, counterHi: u32,
): v128 {
  philoxBlocks(k0, k1, block, attempt, counterLo, counterHi);
  return words0;
}

/** Stores the first `count` (1..4) lanes of a float vector. */
// @ts-ignore: decorator
@inline
function storeLanes(ptr: usize, values: v128, count: i32): void {
  if (count >= 4) {
    v128.store(ptr, values);
    return;
  }
  store<f32>(ptr, f32x4.extract_lane(values, 0));
  if (count > 1) store<f32>(ptr, f32x4.extract_lane(values, 1), 4);
  if (count > 2) store<f32>(ptr, f32x4.extract_lane(values, 2), 8);
}

/**
 * ptr[0..n) uniform: low + (high - low) * u with u = (word >> 8) / 2^24 in [0, 1), in f32
 * (so `high` itself can only appear by rounding). Any n >= 0; nothing beyond n is written.
 */
export function randomUniform(
  n: i32, ptr: usize, low: f32, high: f32,
  seedLo: u32, seedHi: u32, counterLo: u32, counterHi: u32,
): void {
  const base = f32x4.splat(low);
  const scale = f32x4.splat((high - low) * <f32>(1.0 / 16777216.0));
  for (let i = 0; i < n; i += 4, ptr += 16) {
    const words = nextBlock(seedLo, seedHi, i >> 2, counterLo, counterHi);
    const steps = f32x4.convert_i32x4_s(i32x4.shr_u(words, 8));
    storeLanes(ptr, f32x4.add(base, f32x4.mul(steps, scale)), n - i);
  }
}

/**
 * ptr[0..n) normal with the given mean and standard deviation, by Box-Muller: words (2j, 2j+1)
 * give the pair r cos a, r sin a with r = sqrt(-2 ln((w + 1/2) / 2^32)) and a = 2 pi w' / 2^32,
 * all in f64, rounded to f32 once at the end. |value - mean| <= 6.76 std. Any n >= 0, odd ones
 * included; nothing beyond n is written.
 */
export function randomNormal(
  n: i32, ptr: usize, mean: f32, std: f32,
  seedLo: u32, seedHi: u32, counterLo: u32, counterHi: u32,
): void {
  for (let i = 0; i < n; i += 4, ptr += 16) {
    const words = nextBlock(seedLo, seedHi, i >> 2, counterLo, counterHi);
    const w0 = <u32>i32x4.extract_lane(words, 0);
    const w1 = <u32>i32x4.extract_lane(words, 1);
    const w2 = <u32>i32x4.extract_lane(words, 2);
    const w3 = <u32>i32x4.extract_lane(words, 3);
    const r0 = radius(w0) * <f64>std;
    const r1 = radius(w2) * <f64>std;
    let values = f32x4.splat(<f32>(<f64>mean + r0 * NativeMath.cos(angle(w1))));
    values = f32x4.replace_lane(values, 1, <f32>(<f64>mean + r0 * NativeMath.sin(angle(w1))));
    values = f32x4.replace_lane(values, 2, <f32>(<f64>mean + r1 * NativeMath.cos(angle(w3))));
    values = f32x4.replace_lane(values, 3, <f32>(<f64>mean + r1 * NativeMath.sin(angle(w3))));
    storeLanes(ptr, values, n - i);
  }
}

// @ts-ignore: decorator
@inline
export function radius(word: u32): f64 {
  return Math.sqrt(-2.0 * NativeMath.log((<f64>word + 0.5) * (1.0 / 4294967296.0)));
}

// @ts-ignore: decorator
@inline
export function angle(word: u32): f64 {
  return <f64>word * (2.0 * NativeMath.PI / 4294967296.0);
}
