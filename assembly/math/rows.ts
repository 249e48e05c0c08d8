// Pieces of row-major matrices whose rows end in padding.

/** All ones in the lanes below `count`, zeros above. */
// @ts-ignore: decorator
@inline
export function laneMask(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** The largest of all four lanes. */
// @ts-ignore: decorator
@inline
export function maxAcross(a: v128): f32 {
  const b = f32x4.max(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(b, 0), f32x4.extract_lane(b, 1));
}
