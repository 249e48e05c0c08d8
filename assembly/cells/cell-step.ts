// Some time steps of one group of 16 units: their products, then what happens to each of them by itself.

import { panelRows } from "../math/gemm-rows";
import { zoneMean, zoneRows } from "../recurrent/drops";
import { keepRows } from "../recurrent/lengths";
import { cellOf, extrasOf, gatesOf, LAYER_NORM, LSTM, pad16, savedOf, SLSTM } from "./cell-layout";
import { lstmCellForward } from "./cell-lstm";
import { simpleCellForward } from "./cell-simple";
import { slstmForward } from "./cell-slstm";

/** out [rows][G][16] = a * weights of the group + biases; a of a gate stands aStep bytes behind that of the one before. */
export function cellProducts(
  kind: i32, rows: i32, a: usize, aStride: usize, aStep: usize, depth: i32, group: i32, w: usize, b: usize,
  out: usize,
): void {
  const gates = gatesOf(kind);
  const stride = <usize>gates << 6;
  const tile = <usize>depth << 6;
  w += <usize>group * <usize>gates * tile;
  b += <usize>(group * (gates + extrasOf(kind))) << 6;
  for (let gate = 0; gate < gates; ++gate) {
    panelRows(rows, a, aStride, 1, depth, 0, w, b, out, stride, false);
    a += aStep;
    w += tile;
    b += 64;
    out += 64;
  }
}

/**
 * One step of a group, from its products on. Columns of h past unit H are 0 whatever the activation makes of them.
 *
 *   pre      [B][G][16]
 *   saved    [B][S][16]; written
 *   hBefore, c, cNext, h  the group's first column of row 0; strides in bytes; c may be cNext
 *   keepH, keepC  0, or masks of zoneout, the group's first column of row 0, rows keepStride bytes apart
 *   rateH, rateC  of zoneout in inference, else 0
 *   before   with lengths or rateC, where cNext is c: 16 B floats, of an sLSTM 48 B; else 0
 */
export function cellStep(
  kind: i32, B: i32, H: i32, group: i32, pre: usize, b: usize, saved: usize, hBefore: usize,
  beforeStride: usize, c: usize, cNext: usize, cStride: usize, h: usize, hStride: usize, lengths: usize,
  step: i32, keepH: usize, keepC: usize, keepStride: usize, rateH: f32, rateC: f32, before: usize,
): void {
  const gates = gatesOf(kind);
  const extra = b + (<usize>(group * (gates + extrasOf(kind)) + gates) << 6);
  if (cellOf(kind) == LSTM) {
    let past = c;
    let pastStride = cStride;
    if ((lengths || rateC > 0) && before) {
      for (let r = 0; r < B; ++r) memory.copy(before + (<usize>r << 6), c + <usize>r * cStride, 64);
      past = before;
      pastStride = 64;
    }
    lstmCellForward(kind, B, pre, extra, saved, c, cNext, cStride, h, hStride);
    if (keepC) zoneRows(B, 16, keepC, keepStride, past, pastStride, cNext, cStride);
    if (rateC > 0) zoneMean(B, 16, rateC, past, pastStride, cNext, cStride);
    if (lengths) keepRows(B, 16, lengths, step, past, pastStride, cNext, cStride);
  } else if (cellOf(kind) == SLSTM) {
    const part = <usize>pad16(H) << 2;
    let past = c;
    let pastStride = cStride;
    let pastPart = part;
    if (lengths && before) {
      past = before;
      pastStride = 64;
      pastPart = <usize>B << 6;
      for (let q: usize = 0; q < 3; ++q) {
        const to = past + q * pastPart;
        for (let r: usize = 0; r < <usize>B; ++r) memory.copy(to + (r << 6), c + q * part + r * cStride, 64);
      }
    }
    slstmForward(kind, B, pre, saved, past, pastStride, pastPart, cNext, cStride, part, h, hStride);
    for (let q: usize = 0; lengths && q < 3; ++q) {
      keepRows(B, 16, lengths, step, past + q * pastPart, pastStride, cNext + q * part, cStride);
    }
  } else {
    simpleCellForward(kind, B, pre, extra, saved, hBefore, beforeStride, h, hStride);
  }
  if (keepH) zoneRows(B, 16, keepH, keepStride, hBefore, beforeStride, h, hStride);
  if (rateH > 0) zoneMean(B, 16, rateH, hBefore, beforeStride, h, hStride);
  if (lengths) keepRows(B, 16, lengths, step, hBefore, beforeStride, h, hStride);
  const units = H - (group << 4);
  if (units >= 16) return;
  for (let r = 0; r < B; ++r) {
    memory.fill(h + <usize>r * hStride + (<usize>units << 2), 0, <usize>(16 - units) << 2);
  }
}

/** Bytes that a step of a group keeps. */
export function savedBytes(kind: i32, B: i32): usize {
  return <usize>((B + (kind & LAYER_NORM ? 1 : 0)) * savedOf(kind)) << 6;
}
