// Small pieces of f64x2 arithmetic that several kernels need.

/** Lanes 0 and 1 of a float vector as doubles. */
// @ts-ignore: decorator
@inline
export function promoteLow(a: v128): v128 {
  return f64x2.promote_low_f32x4(a);
}

/** Lanes 2 and 3 of a float vector as doubles. */
// @ts-ignore: decorator
@inline
export function promoteHigh(a: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(a, a, 2, 3, 2, 3));
}

/** Lane 0 plus lane 1. */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): f64 {
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}
