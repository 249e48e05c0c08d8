// Buffers of the LSTM cell, in floats. Legend: B batch, T time, I inputs, H units;
// Ip, Hp rounded up to whole vectors; K = Ip + Hp; a panel is four units.
//
//   w      [Hp/4][K][16]      16 = gates i, f, g, o of the panel's four units
//   b      [Hp/4][16]
//   xh     [T+1][B][K]        row (t, b) = x_t | h_(t-1); h_t stands in step t + 1
//   c      [T+1][B][Hp]       c_(t-1) stands in step t
//   gates  [T][Hp/4][B][20]   i, f, g, o, tanh(c) of four units, kept for the backward pass
//
// Sizes are f64 so that absurd shapes give a large number instead of wrapping.

import { LANES } from "../layout";
import { BLOCK_ROWS, totalFloats } from "../math/long-sums";

/** Floats that one row of a panel keeps for the backward pass: i, f, g, o, tanh(c). */
export const SAVED: i32 = 20;
/** Rows (of all units and gates) whose gradients are gathered before they meet the weights. */
const CHUNK_ROWS: i32 = 128;

// @ts-ignore: decorator
@inline
function pad(n: f64, to: f64): f64 {
  return Math.ceil(n / to) * to;
}

/** Time steps whose gate gradients are gathered in one chunk. */
export function chunkSteps(B: i32, T: i32): i32 {
  return min(max(CHUNK_ROWS / B, 1), T);
}

/**
 * Bytes between the rows of a transposed block: whole vectors, and not a power of two,
 * so that neighbouring rows fall into different sets of the cache.
 */
export function blockStride(rows: i32): usize {
  return (<usize>((rows + 3) & ~3) << 2) + 16;
}

export function lstmWeightFloats(I: f64, H: f64): f64 {
  return 4 * pad(H, LANES) * (pad(I, LANES) + pad(H, LANES));
}

export function lstmBiasFloats(H: f64): f64 {
  return 4 * pad(H, LANES);
}

export function lstmXhFloats(B: f64, T: f64, I: f64, H: f64): f64 {
  return (T + 1) * B * (pad(I, LANES) + pad(H, LANES));
}

export function lstmCellFloats(B: f64, T: f64, I: f64, H: f64): f64 {
  return (T + 1) * B * pad(H, LANES);
}

export function lstmGatesFloats(B: f64, T: f64, I: f64, H: f64): f64 {
  return <f64>SAVED * T * B * (pad(H, LANES) / LANES);
}

/** Floats of the totals of dW and db, see math/long-sums.ts; whole vectors. */
export function lstmTotalFloats(B: i32, T: i32, hp: i32, k: i32, blocks: i32, steps: i32): i32 {
  const chunks = (T + steps - 1) / steps;
  return <i32>totalFloats(<f64>(4 * hp * (k + 1)), <f64>(blocks * chunks));
}

/** Scratch of the hungrier pass, which is the backward one. */
export function lstmScratchFloats(B: f64, T: f64, I: f64, H: f64): f64 {
  const ip = pad(I, LANES);
  const hp = pad(H, LANES);
  const wide = pad(I, 16) + pad(H, 16);
  const steps = Math.min(Math.max(Math.floor(<f64>CHUNK_ROWS / B), 1), T);
  const rows = B * steps;
  const blocks = Math.ceil(rows / BLOCK_ROWS);
  const transposed = 4 * hp * wide;
  const gathered = (rows + 1) * 4 * hp;
  const packed = (pad(Math.min(rows, BLOCK_ROWS), LANES) + 4) * (ip + hp);
  const outputs = rows * pad(I, 16);
  // twice: of masked samples it is kept aside
  const state = 2 * B * (pad(H, 16) + hp);
  const rowsOfOne = B == 1 ? 8 * hp : 0;
  const sums = blocks * 4 * hp;
  const totals = totalFloats(4 * hp * (ip + hp + 1), blocks * Math.ceil(T / steps));
  const backward = transposed + gathered + packed + outputs + state + rowsOfOne + sums + totals;
  // of one sequence the sums of the inputs of a chunk
  const forward = B == 1 ? 4 * hp * steps : 16 * B;
  return Math.max(backward, forward);
}
