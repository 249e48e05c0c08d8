// Product of rows with one packed panel of 16 columns, the one inner loop of the cells:
//
//   out[r][0..16) = init[0..16) + sum over k of a[r][k] * w[k][0..16)
//
// The columns of a may stand in segments: `segments` runs of `length` floats,
// `segmentStep` bytes apart (one run for plain rows). The sum goes through k in
// order for every row, so a row's result does not depend on the rows beside it.
//
//   rows      rows of a, init and out; at least 1
//   a         f32, row r at a + r * aStride bytes, any alignment of 4
//   length    at least 1
//   segments  may be 0: out is then init
//   panel     f32 [segments * length][16], contiguous, 16-byte aligned
//   init      f32 [16], where every sum begins
//   out       f32, row r at out + r * outStride bytes; no overlap
//   add       the result is added to what stands in out, as one summand, instead of replacing it
//
// Tiles, by what V8 makes of them (15 vector registers, all loads of a basic block
// hoisted to its top): 6 rows x 8 columns fused, for 12 sums in flight hide the
// latency of the multiply-add; 2 x 16 where product and sum are two instructions and
// need a register between them, and for the rows that six leave over. A branch that is
// never taken ends a basic block and keeps the loads behind it from being hoisted.

import { isWide } from "../wide";
import { rowsByOne } from "./gemm-rows-one";
import { rowsBySix } from "./gemm-rows-six";
import { rowsByTwo } from "./gemm-rows-two";
import { panelRowsWide } from "./gemm-rows-wide";

export function panelRows(
  rows: i32,
  a: usize,
  aStride: usize,
  segments: i32,
  length: i32,
  segmentStep: usize,
  panel: usize,
  init: usize,
  out: usize,
  outStride: usize,
  add: bool,
): void {
  if (isWide()) {
    // biome-ignore format: the argument list of the contract
    const done = <usize>panelRowsWide(rows, a, aStride, segments, length, segmentStep, panel, init, out, outStride, add);
    rows -= <i32>done;
    a += done * aStride;
    out += done * outStride;
  } else if (ASC_FEATURE_RELAXED_SIMD) {
    const six = rows / 6;
    if (six > 0) {
      rowsBySix(
        six,
        a,
        aStride,
        segments,
        length,
        segmentStep,
        panel,
        init,
        out,
        outStride,
        add,
      );
      const done = <usize>(6 * six);
      rows -= <i32>done;
      a += done * aStride;
      out += done * outStride;
    }
  }
  const two = rows >> 1;
  if (two > 0) {
    rowsByTwo(
      two,
      a,
      aStride,
      segments,
      length,
      segmentStep,
      panel,
      init,
      out,
      outStride,
      add,
    );
  }
  if (rows & 1) {
    const done = <usize>(rows - 1);
    a += done * aStride;
    out += done * outStride;
    rowsByOne(a, segments, length, segmentStep, panel, init, out, add);
  }
}
