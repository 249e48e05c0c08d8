// Buffers of the cells that share one loop over time: `kind` says which. In floats. Legend: B batch, T time, I
// inputs, H units, P columns of h: H, or fewer or more where h is a projection of what the units put out; Ip, Hp rounded
// up to whole vectors, Hw, Pw to groups of 16 units; G gates, E vectors of weights beside the bias; K = Ip + Pw, or Ip
// where the state meets no matrix; R vectors of a row of c: c, or c, i, f, o where gates see gates, or c, n, m of an
// sLSTM; where h is a projection, one more for what is projected (of a Jordan network it is the only one).
//
//   w      [Hw/16][G][K][16]    a tile for each gate of a group (0 outside the blocks of an sLSTM's recurrent
//                               matrix). Behind it a second bank, where gates see gates
//          [Hw/16][3][3Hw][16]  tiles of i, f, o that i | f | o of the step before meet, or where h is a projection
//          [Pw/16][Hw][16]      tiles that what is projected meets
//   b      [Hw/16][G + E][16]   biases, then what meets a state unit by unit (peepholes, indRNN)
//          [Pw/16][16]          of a Jordan network, behind it: the biases of its output
//   xh     [T+1][B][Ip+Pw]      row (t, b) = x_t | h_(t-1); h_t stands in step t + 1
//   c      [T+1][B][R Hw]       c_(t-1) stands in step t, and i | f | o behind it; nothing where a cell has none.
//                               What is projected to h_t stands in step t + 1, last in its row.
//                               Where gates see gates [B][3Hw] more, for inference; with norms moments of rows
//                               (cell-norm-moments.ts) and `saved` of one step
//   saved  [T][Hw/16][B][S][16] what the backward pass needs of a group; with norms, which
//                               keep other things (cell-norm.ts), B + 1 instead of B
//
// Sizes are f64 so that absurd shapes give a large number instead of wrapping.

import { BLOCK_ROWS, totalFloats } from "../math/long-sums";

/** What a cell is, in bits 0 to 2 of its kind. */
export const RNN: i32 = 0;
export const LSTM: i32 = 1;
export const MIN_GRU: i32 = 2;
export const MIN_LSTM: i32 = 3;
export const IND_RNN: i32 = 4;
export const SLSTM: i32 = 5;

/** Of an sLSTM: its forget gate is exp, not sigmoid; how many heads it has, ten bits. */
export const EXP_FORGET: i32 = 16;
export const HEADS: i32 = 20;

/** Of an LSTM: products of x and of h, and c, are normalized each (cell-norm.ts). */
export const LAYER_NORM: i32 = 8;
/** Of an LSTM: the gates that it has, f = 1 - i, and the peepholes. */
export const HAS_I: i32 = 16;
export const HAS_F: i32 = 32;
export const HAS_O: i32 = 64;
export const COUPLED: i32 = 128;
export const PEEPHOLE: i32 = 256;
/** Activations (cell-activation.ts) of the candidate, of the cell's output and of the gates: three bits each. */
export const CANDIDATE: i32 = 9;
export const OUTPUT: i32 = 12;
export const GATE: i32 = 15;
/** The biases stay 0. */
export const NO_BIAS: i32 = 1 << 18;
/** Of an LSTM with all of its gates: i, f, o see those of the step before through nine more matrices. */
export const GATES_SEEN: i32 = 1 << 19;
/**
 * Of an LSTM, and of an RNN, which is then Jordan's: twelve bits, P where h is a projection, else 0. Its output has the
 * activation OUTPUT and biases of its own.
 */
export const PROJECTED: i32 = 20;

/** LSTM with tanh and sigmoid: cell 1, candidate and output 1, gates 2. */
const CLASSIC: i32 = 1 | (1 << CANDIDATE) | (1 << OUTPUT) | (2 << GATE);
export const COUPLED_LSTM: i32 = CLASSIC | HAS_I | HAS_O | COUPLED;
export const PEEPHOLE_LSTM: i32 = CLASSIC | HAS_I | HAS_F | HAS_O | PEEPHOLE;
export const NORM_LSTM: i32 = CLASSIC | HAS_I | HAS_F | HAS_O | LAYER_NORM;

const CHUNK_ROWS: i32 = 128;

// @ts-ignore: decorator
@inline
export function cellOf(kind: i32): i32 {
  return kind & 7;
}

// @ts-ignore: decorator
@inline
export function pad16(n: i32): i32 {
  return (n + 15) & ~15;
}

/** Products of a time step. */
export function gatesOf(kind: i32): i32 {
  const cell = cellOf(kind);
  if (cell == LSTM) return 1 + popcnt(kind & (HAS_I | HAS_F | HAS_O));
  if (cell == SLSTM) return 4;
  if (cell == MIN_GRU) return 2;
  if (cell == MIN_LSTM) return 3;
  return 1;
}

/** Blocks of the recurrent matrix. */
export function headsOf(kind: i32): i32 {
  return cellOf(kind) == SLSTM ? (kind >> HEADS) & 1023 : 1;
}

/** Columns of h where it is a projection, else 0. */
// @ts-ignore: decorator
@inline
export function projectedOf(kind: i32): i32 {
  return cellOf(kind) <= LSTM ? kind >>> PROJECTED : 0;
}

/** Columns of h in a row. */
// @ts-ignore: decorator
@inline
export function stateColumns(kind: i32, hw: i32): i32 {
  const p = projectedOf(kind);
  return p ? pad16(p) : hw;
}

/** Whether it is a Jordan network: its output has biases and an activation of its own. */
// @ts-ignore: decorator
@inline
export function isJordan(kind: i32): bool {
  return cellOf(kind) == RNN && projectedOf(kind) != 0;
}

/** Vectors of weights beside the bias. */
export function extrasOf(kind: i32): i32 {
  if (cellOf(kind) == IND_RNN) return 1;
  return (kind & PEEPHOLE ? 3 : 0) + (kind & LAYER_NORM ? 4 * gatesOf(kind) + 2 : 0);
}

/** Of what a row of an LSTM keeps, the vectors before those of its norms. */
// @ts-ignore: decorator
@inline
export function keptBeforeNorms(kind: i32): i32 {
  return kind & HAS_F ? 5 : 4;
}

/** Bytes of what the backward pass sums over the columns of one row and group, four pairs of vectors. */
export const NORM_SUMS: usize = 128;

/** Vectors that one unit keeps for the backward pass. */
export function savedOf(kind: i32): i32 {
  const cell = cellOf(kind);
  if (cell == LSTM) return keptBeforeNorms(kind) + (kind & LAYER_NORM ? 2 * gatesOf(kind) + 1 : 0);
  if (cell == SLSTM) return 5;
  if (cell == MIN_GRU) return 2;
  if (cell == MIN_LSTM) return 3;
  return 1;
}

/** Whether the state meets a matrix. */
// @ts-ignore: decorator
@inline
export function isRecurrent(kind: i32): bool {
  return cellOf(kind) <= LSTM || cellOf(kind) == SLSTM;
}

/** Vectors of a row of c, for one unit. */
// @ts-ignore: decorator
@inline
export function statesOf(kind: i32): i32 {
  if (cellOf(kind) == SLSTM) return 3;
  return (kind & GATES_SEEN ? 4 : isJordan(kind) ? 0 : 1) + (projectedOf(kind) ? 1 : 0);
}

/** Those of them that a step takes over from the one before. */
// @ts-ignore: decorator
@inline
export function carriedOf(kind: i32): i32 {
  return statesOf(kind) - (projectedOf(kind) ? 1 : 0);
}

/** States that a step of inference over masked samples keeps aside while it replaces them. */
export function statesAside(kind: i32): i32 {
  return cellOf(kind) == SLSTM ? 3 : 1;
}

/** Gates that are seen by gates. */
// @ts-ignore: decorator
@inline
export function seenOf(kind: i32): i32 {
  return kind & GATES_SEEN ? 3 : 0;
}

/** Rows of a tile: columns of xh that meet weights. */
// @ts-ignore: decorator
@inline
export function depthOf(kind: i32, ip: i32, hw: i32): i32 {
  return isRecurrent(kind) ? ip + stateColumns(kind, hw) : ip;
}

/** Tiles of the second bank of w, and how deep they are. */
// @ts-ignore: decorator
@inline
export function bankTiles(kind: i32, hw: i32): i32 {
  return projectedOf(kind) ? stateColumns(kind, hw) >> 4 : seenOf(kind) * (hw >> 4);
}

// @ts-ignore: decorator
@inline
export function bankDepth(kind: i32, hw: i32): i32 {
  return projectedOf(kind) ? hw : seenOf(kind) * hw;
}

/** Time steps that are worked on at once: in the backward pass, and wherever x alone meets weights. */
export function cellChunk(B: i32, T: i32): i32 {
  return min(max(CHUNK_ROWS / B, 1), T);
}

// @ts-ignore: decorator
@inline
function pad(n: f64, to: f64): f64 {
  return Math.ceil(n / to) * to;
}

/** Pw. */
function stateWidth(kind: f64, H: f64): f64 {
  const p = projectedOf(<i32>kind);
  return pad(p ? <f64>p : H, 16);
}

function depth(kind: f64, I: f64, H: f64): f64 {
  return pad(I, 4) + (isRecurrent(<i32>kind) ? stateWidth(kind, H) : 0);
}

export function cellWeightFloats(kind: f64, I: f64, H: f64): f64 {
  return <f64>gatesOf(<i32>kind) * pad(H, 16) * depth(kind, I, H) + cellBankFloats(kind, H);
}

/** Of w, the second bank of tiles. */
export function cellBankFloats(kind: f64, H: f64): f64 {
  if (projectedOf(<i32>kind)) return pad(H, 16) * stateWidth(kind, H);
  const seen = <f64>seenOf(<i32>kind) * pad(H, 16);
  return seen * seen;
}

export function cellBiasFloats(kind: f64, H: f64): f64 {
  const units = <f64>(gatesOf(<i32>kind) + extrasOf(<i32>kind)) * pad(H, 16);
  return units + (isJordan(<i32>kind) ? stateWidth(kind, H) : 0);
}

/** H stands for P where h is a projection. */
export function cellXhFloats(B: f64, T: f64, I: f64, H: f64): f64 {
  return (T + 1) * B * (pad(I, 4) + pad(H, 16));
}

/** Floats of c over T steps; 0 for a cell without one. */
export function cellStateFloats(kind: f64, B: f64, T: f64, H: f64): f64 {
  const k = <i32>kind;
  if (cellOf(k) != LSTM && cellOf(k) != SLSTM && !isJordan(k)) return 0;
  const rows = ((T + 1) * <f64>statesOf(k) + <f64>seenOf(k)) * B * pad(H, 16);
  if (!(k & LAYER_NORM)) return rows;
  return rows + (pad(H, 16) / 16) * pad(B, 4) * 6 + cellSavedFloats(kind, B, 1, H);
}

export function cellSavedFloats(kind: f64, B: f64, T: f64, H: f64): f64 {
  return <f64>savedOf(<i32>kind) * T * (B + (<i32>kind & LAYER_NORM ? 1 : 0)) * pad(H, 16);
}

/** Scratch of one thread of cellForward and cellInfer for at most B rows. */
export function cellForwardScratchFloats(kind: f64, B: f64): f64 {
  const rows = Math.max(B, <f64>CHUNK_ROWS);
  return 16 * (<f64>gatesOf(<i32>kind) * rows + <f64>(savedOf(<i32>kind) + statesAside(<i32>kind)) * (B + 1));
}

/** Scratch of cellBackward, all threads together. */
export function cellBackwardScratchFloats(kind: f64, B: f64, T: f64, I: f64, H: f64): f64 {
  const k = <i32>kind;
  const hw = pad(H, 16);
  const pw = stateWidth(kind, H);
  const xw = pad(I, 16);
  const steps = Math.min(Math.max(Math.floor(<f64>CHUNK_ROWS / B), 1), T);
  const rows = B * steps;
  const blocks = Math.ceil(rows / <f64>BLOCK_ROWS);
  const columns = <f64>gatesOf(k) * hw;
  const transposed = columns * (pw + xw);
  const gathered = (rows + 1) * columns;
  const deep = projectedOf(k) ? hw : <f64>seenOf(k) * hw;
  const wide = projectedOf(k) ? pw : <f64>seenOf(k) * hw;
  const packed = (pad(Math.min(rows, <f64>BLOCK_ROWS), 4) + 4) * (pad(I, 4) + pw + deep);
  const states = 2 * B * (pw + <f64>statesOf(k) * hw);
  const gates = cellBankFloats(kind, H) + (rows + 1) * wide;
  const sums = blocks * cellBiasFloats(kind, H);
  const n = cellWeightFloats(kind, I, H) + cellBiasFloats(kind, H);
  const norms = k & LAYER_NORM ? gathered + (hw / 16) * pad(B, 4) * (<f64>(NORM_SUMS >> 2) + 4) : 0;
  const totals = totalFloats(n, blocks * Math.ceil(T / steps));
  return transposed + gathered + packed + rows * xw + states + gates + sums + norms + totals;
}

/**
 * What the backward pass wants beside its scratch where something is dropped: a product, and what zoned units hand on.
 * H: the larger of H and P.
 */
export function cellDropFloats(B: f64, T: f64, H: f64): f64 {
  const steps = Math.min(Math.max(Math.floor(<f64>CHUNK_ROWS / B), 1), T);
  const state = B * pad(H, 16);
  return Math.max(16 * B * steps, state) + 2 * state;
}
