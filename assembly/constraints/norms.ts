// What weights are made to keep to after a step: norms between bounds, or no numbers below 0, as Keras 3 has it.

/** Added to a norm by which is divided, as in Keras. */
const EPSILON: f64 = 1e-7;

/** Floats of scratch that n vectors need. f64, so that absurd sizes do not wrap. */
export function constrainNormsFloats(n: f64): f64 {
  return 4 * Math.ceil(n / 2);
}

/**
 * w_i *= (rate clip(|w_i|, least, most) + (1 - rate) |w_i|) / (1e-7 + |w_i|) for n vectors of m numbers: element k of vector i
 * stands at w[i step + k elementStep], in floats. Norms and factors are f64; squares are summed in the order of k.
 * scratch: constrainNormsFloats(n) floats, 16-byte aligned.
 */
export function constrainNorms(
  n: i32, m: i32, step: i32, elementStep: i32, w: usize, least: f64, most: f64, rate: f64, scratch: usize,
): void {
  memory.fill(scratch, 0, (<usize>n) << 3);
  // along the memory, whichever way vectors lie in it
  const across = elementStep > step;
  const outer = across ? m : n;
  const inner = across ? n : m;
  const outerBytes = (<usize>(across ? elementStep : step)) << 2;
  const innerBytes = (<usize>(across ? step : elementStep)) << 2;
  for (let a = 0; a < outer; ++a) {
    let at = w + <usize>a * outerBytes;
    for (let b = 0; b < inner; ++b, at += innerBytes) {
      const sum = scratch + ((<usize>(across ? b : a)) << 3);
      const x = <f64>load<f32>(at);
      store<f64>(sum, load<f64>(sum) + x * x);
    }
  }
  for (let i = 0; i < n; ++i) {
    const place = scratch + ((<usize>i) << 3);
    const norm = Math.sqrt(load<f64>(place));
    const wanted = rate * Math.min(Math.max(norm, least), most) + (1 - rate) * norm;
    store<f64>(place, wanted / (EPSILON + norm));
  }
  for (let a = 0; a < outer; ++a) {
    let at = w + <usize>a * outerBytes;
    for (let b = 0; b < inner; ++b, at += innerBytes) {
      const factor = load<f64>(scratch + ((<usize>(across ? b : a)) << 3));
      store<f32>(at, <f32>(<f64>load<f32>(at) * factor));
    }
  }
}

/**
 * w = max(w, 0) over `runs` stretches of n floats, n a multiple of 4, that begin `stride` floats apart; 16-byte aligned.
 */
export function dropNegatives(runs: i32, n: i32, stride: i32, w: usize): void {
  const zero = f32x4.splat(0);
  const bytes = (<usize>n) << 2;
  for (let run = 0; run < runs; ++run, w += (<usize>stride) << 2) {
    for (let at = w; at < w + bytes; at += 16) v128.store(at, f32x4.max(v128.load(at), zero));
  }
}
