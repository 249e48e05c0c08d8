// Scalar maths for the host: AssemblyScript's own Math compiled into the module, so that
// every engine gives the same bits. The host's Math differs from engine to engine.
// Within 1 unit in the last place of the true value (exp, log, pow, sin, cos), tanh within 2.

export function mathExp(x: f64): f64 {
  return NativeMath.exp(x);
}

export function mathLog(x: f64): f64 {
  return NativeMath.log(x);
}

export function mathPow(x: f64, y: f64): f64 {
  return NativeMath.pow(x, y);
}

export function mathSin(x: f64): f64 {
  return NativeMath.sin(x);
}

export function mathCos(x: f64): f64 {
  return NativeMath.cos(x);
}

export function mathTanh(x: f64): f64 {
  return NativeMath.tanh(x);
}
