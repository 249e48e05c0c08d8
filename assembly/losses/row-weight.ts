/** The weight of row r: f32 numbers one after the other, or 1 where there are none. */
// @ts-ignore: decorator
@inline
export function rowWeight(weights: usize, r: i32): f64 {
  return weights ? <f64>load<f32>(weights + ((<usize>r) << 2)) : 1.0;
}
