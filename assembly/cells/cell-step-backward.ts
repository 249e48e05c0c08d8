// Parts of a step of cellBackward over the tiles of one thread.

import { panelRows } from "../math/gemm-rows";
import { ZEROS } from "../math/zeros";
import { dropProduct } from "../recurrent/drops";
import { cellOf, LSTM, SLSTM } from "./cell-layout";
import { lstmCellBackward } from "./cell-lstm";
import { simpleCellBackward } from "./cell-simple";
import { slstmBackward } from "./cell-slstm";

/**
 * Tile q of the gradient of x or h, 16 columns of `rows` rows: what each gate gives, times the factors with which it saw
 * them. d: tile (group, gate) at + (group * gates + gate) * dStep; w: transposed weights; product: room for the rows.
 */
export function droppedProduct(
  rows: i32, first: i32, B: i32, gates: i32, groups: i32, d: usize, dStep: usize, w: usize, q: i32, product: usize,
  masks: usize, maskStride: usize, maskStep: usize, to: usize, toStride: usize,
): void {
  const own = w + (<usize>(q * 16 * groups * gates) << 6);
  for (let gate = 0; gate < gates; ++gate) {
    for (let group = 0; group < groups; ++group) {
      const tile = <usize>(group * gates + gate);
      panelRows(rows, d + tile * dStep, 64, 1, 16, 0, own + (tile << 10), ZEROS, product, 64, group > 0);
    }
    const mask = masks + <usize>gate * maskStep + (<usize>q << 6);
    dropProduct(rows, first, B, product, mask, maskStride, to, toStride, gate > 0);
  }
}

/**
 * The elementwise part over rows r .. r + rows of a group; pointers are those of row 0. out: of an LSTM what is to be added
 * to dh yet, NOTHING (outStride 0) where nothing is.
 */
export function pointwise(
  kind: i32, rows: i32, r: i32, saved: usize, savedStride: usize, extra: usize, hBefore: usize,
  hStride: usize, c: usize, cNext: usize, cStride: usize, dh: usize, out: usize, outStride: usize, dc: usize,
  statesStep: usize,
  d: usize, dStep: usize, sums: usize,
): void {
  const row = <usize>r;
  const own = row << 6;
  const s = saved + row * savedStride;
  if (cellOf(kind) == LSTM) {
    const at = row * cStride;
    lstmCellBackward(
      kind, rows, s, extra, c + at, cNext + at, cStride, dh + own, out + row * outStride, outStride, dc + own,
      dc + own + statesStep, statesStep, d + own, dStep, sums,
    );
  } else if (cellOf(kind) == SLSTM) {
    const part = cStride / 3;
    slstmBackward(
      rows, s, c + row * cStride, cStride, part, dh + own, dc + own, statesStep, d + own, dStep, sums,
    );
  } else {
    const before = hBefore + row * hStride;
    simpleCellBackward(kind, rows, s, extra, before, hStride, dh + own, d + own, dStep, sums);
  }
}
