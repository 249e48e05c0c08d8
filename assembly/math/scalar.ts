// Scalar maths for the host: AssemblyScript's own Math compiled into the module, so that
// every engine gives the same bits. The host's Math differs from engine to engine.
// Accuracy: within 1 ulp (exp, log, pow, sin, cos) and 2 ulp (tanh) of the true value.

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
