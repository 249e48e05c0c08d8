// Buffers of the GRU cell, in floats. Legend as in lstm-layout.ts; a group is 16 units, four panels.
//
//   w      [groups][3][K][16]  three tiles a group: z and r of two panels, z and r of the other two,
//                              the candidate n of all four; the rows of n are those of x, then of h
//   b      [groups][6][16]     biases of the three tiles, then those that the product of h brings
//                              along (0 where it has none)
//   xh     [T+1][B][K]         as in the LSTM
//   saved  [T][Hp/4][B][16]    z, r, n and h U_n (reset after) of four units
//   rh     [T][B][Hp]          r * h, what U_n is applied to (reset before); nothing otherwise
//
// Gradients before activation stand in tiles [rows][16], in this order: n as x sees it [groups], z and
// r [2 groups], n as h sees it [groups]. So those that x sees stand together, and those that h sees.
//
// Sizes are f64 so that absurd shapes give a large number instead of wrapping.

// The number of a GRU: RESET_AFTER; with OTHER its activations as in cell-layout.ts (CANDIDATE, GATE), else tanh and
// sigmoid; NO_BIAS; with SPLIT (and OTHER) tiles of z, of r and of n of a group, each with rows of its own to meet, and
// gradients in tiles n as x sees it, z, r, n as h sees it, [groups] each.

import { LANES } from "../layout";
import { BLOCK_ROWS, totalFloats } from "../math/long-sums";

export const RESET_AFTER: i32 = 1;
/** Activations that are stated. */
export const OTHER: i32 = 2;
/** Each gate has tiles of its own. */
export const SPLIT: i32 = 4;

/** Floats that one row of a panel keeps for the backward pass. */
export const GRU_SAVED: i32 = 16;
/** Rows (of all units and gates) whose gradients are gathered before they meet the weights. */
const CHUNK_ROWS: i32 = 128;

// @ts-ignore: decorator
@inline
function pad(n: f64, to: f64): f64 {
  return Math.ceil(n / to) * to;
}

/** Groups of 16 units. */
// @ts-ignore: decorator
@inline
export function groupsOf(H: i32): i32 {
  return (H + 15) >> 4;
}

/** Time steps whose gradients are gathered in one chunk. */
export function gruChunkSteps(B: i32, T: i32): i32 {
  return min(max(CHUNK_ROWS / B, 1), T);
}

export function gruWeightFloats(I: f64, H: f64): f64 {
  return 3 * pad(H, 16) * (pad(I, LANES) + pad(H, LANES));
}

export function gruBiasFloats(H: f64): f64 {
  return 6 * pad(H, 16);
}

export function gruXhFloats(B: f64, T: f64, I: f64, H: f64): f64 {
  return (T + 1) * B * (pad(I, LANES) + pad(H, LANES));
}

export function gruSavedFloats(B: f64, T: f64, H: f64): f64 {
  return <f64>GRU_SAVED * T * B * (pad(H, LANES) / LANES);
}

export function gruResetFloats(B: f64, T: f64, H: f64, resetAfter: f64): f64 {
  return resetAfter ? 0 : T * B * pad(H, LANES);
}

/** Scratch of a forward pass: what all units are before activation. */
export function gruForwardScratchFloats(B: f64, H: f64): f64 {
  return 64 * B * Math.ceil(H / 16);
}

/** Scratch of gruInfer: that, what is saved of one step, and r * h. */
export function gruInferScratchFloats(B: f64, H: f64): f64 {
  return gruForwardScratchFloats(B, H) + gruSavedFloats(B, 1, H) + B * pad(H, LANES);
}

/** Scratch of gruBackward; see there. */
export function gruBackwardScratchFloats(B: f64, T: f64, I: f64, H: f64): f64 {
  const k = pad(I, LANES) + pad(H, LANES);
  const hWide = pad(H, 16);
  const steps = Math.min(Math.max(Math.floor(<f64>CHUNK_ROWS / B), 1), T);
  const rows = B * steps;
  const blocks = Math.ceil(rows / BLOCK_ROWS);
  const transposed = 3 * hWide * (pad(I, 16) + hWide);
  const gathered = (rows + 1) * 4 * hWide;
  const packed = (pad(Math.min(rows, BLOCK_ROWS), LANES) + 4) * (k + pad(H, LANES));
  const outputs = rows * pad(I, 16);
  // dh, that of r * h, what masked samples keep
  const states = 3 * B * hWide;
  const totals = totalFloats(3 * hWide * (k + 2), blocks * Math.ceil(T / steps));
  return transposed + gathered + packed + outputs + states + totals;
}

/** What the backward pass wants beside its scratch where something is dropped: a product, and what zoned units hand on. */
export function gruDropFloats(B: f64, T: f64, H: f64): f64 {
  const steps = Math.min(Math.max(Math.floor(<f64>CHUNK_ROWS / B), 1), T);
  return Math.max(16 * B * steps, B * pad(H, 16)) + B * pad(H, 16);
}
