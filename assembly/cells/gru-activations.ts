// The elementwise parts of a GRU with other activations than tanh and sigmoid (gru-gates.ts): the same rows and
// pointers, a of the candidate and s of the gates by number, their slopes from what they gave. `kind`: gru-layout.ts.

import { madd } from "../math/vector";
import { activate, throughSlope } from "./cell-activation";
import { CANDIDATE, GATE } from "./cell-layout";
import { PRE } from "./gru-gates";

/** As gruGates; r stands rApart bytes behind z, in pre and bias. */
export function gruGatesOther(
  kind: i32, rows: i32, rApart: usize, pre: usize, bias: usize, saved: usize, h: usize, hStride: usize, rh: usize,
  rhStride: usize,
): void {
  const gate = (kind >> GATE) & 7;
  const bz = v128.load(bias);
  const br = v128.load(bias + rApart);
  for (const end = pre + <usize>rows * PRE; pre < end; pre += PRE) {
    v128.store(saved, activate(gate, f32x4.add(v128.load(pre), bz)));
    const reset = activate(gate, f32x4.add(v128.load(pre + rApart), br));
    v128.store(saved, reset, 16);
    if (rh) {
      v128.store(rh, f32x4.mul(reset, v128.load(h)));
      rh += rhStride;
      h += hStride;
    }
    saved += 64;
  }
}

/** As gruOutputs. Of a panel's four units there are `units`: the others' h is 0, whatever becomes of 0. */
export function gruOutputsOther(
  kind: i32, rows: i32, units: i32, pre: usize, saved: usize, hPrevious: usize, hPreviousStride: usize,
  h: usize, hStride: usize, resetAfter: bool,
): void {
  const candidate = (kind >> CANDIDATE) & 7;
  for (const end = pre + <usize>rows * PRE; pre < end; pre += PRE) {
    let sum = v128.load(pre, 64);
    if (resetAfter) {
      v128.store(saved, sum, 48);
      sum = madd(v128.load(saved, 16), sum, v128.load(pre));
    }
    const n = activate(candidate, sum);
    v128.store(saved, n, 32);
    v128.store(h, madd(v128.load(saved), f32x4.sub(v128.load(hPrevious), n), n));
    if (units < 4) memory.fill(h + (<usize>units << 2), 0, <usize>(4 - units) << 2);
    saved += 64;
    hPrevious += hPreviousStride;
    h += hStride;
  }
}

/** As gruGatesBackward; the gradient of r stands rApart bytes behind that of z. */
export function gruGatesBackwardOther(
  kind: i32, rows: i32, rApart: usize, saved: usize, h: usize, hStride: usize, dOut: usize, dOutStride: usize,
  dNext: usize, dX: usize, dZ: usize, dH: usize, resetAfter: bool,
): void {
  const candidate = (kind >> CANDIDATE) & 7;
  const gate = (kind >> GATE) & 7;
  for (const end = saved + (<usize>rows << 6); saved < end; saved += 64) {
    const dh = f32x4.add(v128.load(dOut), v128.load(dNext));
    const z = v128.load(saved);
    const n = v128.load(saved, 32);
    const through = f32x4.mul(dh, z);
    v128.store(dNext, through);
    const dn = throughSlope(candidate, n, f32x4.sub(dh, through));
    v128.store(dX, dn);
    v128.store(dZ, throughSlope(gate, z, f32x4.mul(dh, f32x4.sub(v128.load(h), n))));
    if (resetAfter) {
      const r = v128.load(saved, 16);
      v128.store(dH, f32x4.mul(dn, r));
      v128.store(dZ + rApart, throughSlope(gate, r, f32x4.mul(dn, v128.load(saved, 48))));
    }
    h += hStride;
    dOut += dOutStride;
    dNext += 64;
    dX += 64;
    dZ += 64;
    dH += 64;
  }
}

/** As gruResetBackward. */
export function gruResetBackwardOther(
  kind: i32, rows: i32, rApart: usize, saved: usize, h: usize, hStride: usize, dRh: usize, dh: usize, dZ: usize,
): void {
  const gate = (kind >> GATE) & 7;
  for (const end = saved + (<usize>rows << 6); saved < end; saved += 64) {
    const r = v128.load(saved, 16);
    const asked = v128.load(dRh);
    v128.store(dh, madd(asked, r, v128.load(dh)));
    v128.store(dZ + rApart, throughSlope(gate, r, f32x4.mul(asked, v128.load(h))));
    h += hStride;
    dRh += 64;
    dh += 64;
    dZ += 64;
  }
}
