import { randomUniform } from "../math/random";

/**
 * ptr[0..n) uniform in [-limit, limit) with limit = sqrt(6 / (fanIn + fanOut)).
 * Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward
 * neural networks", AISTATS 2010. Key and counter as in math/random.
 */
export function glorotUniform(
  n: i32, ptr: usize, fanIn: i32, fanOut: i32,
  seedLo: u32, seedHi: u32, counterLo: u32, counterHi: u32,
): void {
  const limit = <f32>Math.sqrt(6.0 / (<f64>fanIn + <f64>fanOut));
  randomUniform(n, ptr, -limit, limit, seedLo, seedHi, counterLo, counterHi);
}
