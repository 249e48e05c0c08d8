// One step of cellBackward through an LSTM with norms, groups of one thread.

import { NOTHING } from "../math/zeros";
import { meet } from "../team";
import { extrasOf, gatesOf, keptBeforeNorms, NORM_SUMS, pad16 } from "./cell-layout";
import { atGates, atStatistics, STATISTICS, tileBytes, touch } from "./cell-norm";
import { normCellBackward, normGatesBackward, normMeans, normOutputBackward } from "./cell-norm-backward";
import { isClassicNorm, normPointwiseBackward } from "./cell-norm-gates";
import { normGateSums } from "./cell-norm-sums";
import { savedBytes } from "./cell-step";
import { pointwise } from "./cell-step-backward";

/**
 * From what h (or what is projected) is asked for to what both products are. Threads meet twice in it.
 *
 *   part     rows of which gradients of b are summed by themselves, at sums + sumsStep bytes each; added to
 *   b        vectors of weights, all groups; saved: of this step
 *   c, cNext states before and after, rows cStride bytes apart; dh, dc: tiles [groups][B][16], dc updated in place
 *   d, dX    what products of h and of x are asked for: tile (group, gate) at + (group * gates + gate) * dStep bytes; written
 *   rowSums  [groups][B rounded up to 4] of NORM_SUMS bytes, shared; means: of this thread, four floats a row
 */
export function normStepBackward(
  kind: i32, B: i32, part: i32, H: i32, g0: i32, g1: i32, b: usize, saved: usize, c: usize, cNext: usize, cStride: usize,
  dh: usize, dc: usize, d: usize, dX: usize, dStep: usize, rowSums: usize, means: usize, sums: usize, sumsStep: usize,
  team: usize,
): void {
  const groups = pad16(H) >> 4;
  const gates = gatesOf(kind);
  const vectors = gates + extrasOf(kind);
  const kept = savedBytes(kind, B);
  const tile = tileBytes(B);
  const classic = isClassicNorm(kind);
  // rows of gates, and where o and act(LN(c)) stand among them
  const keeps: usize = classic ? 64 : <usize>keptBeforeNorms(kind) << 6;
  const toGates = atGates(kind, B);
  const toO = toGates + (classic ? 2 * tile : 128);
  const toSquashed = toGates + (classic ? 4 * tile : 192);
  const toStatistics = atStatistics(kind, B);
  const rows = <usize>((B + 3) & ~3);
  if (g0 < g1) touch(saved + <usize>g0 * kept, <usize>(g1 - g0) * kept, means);
  for (let g = g0; g < g1; ++g) {
    const keep = saved + <usize>g * kept;
    const weights = b + (<usize>(g * vectors) << 6);
    const its = d + <usize>(g * gates) * dStep;
    let own = sums + (<usize>(g * vectors) << 6);
    for (let r = 0; r < B; r += part) {
      const row = <usize>r;
      const at = row << 6;
      const all = rowSums + (<usize>g * rows + row) * NORM_SUMS;
      normOutputBackward(
        kind, min(part, B - r), keep + toO + row * keeps, keep + toSquashed + row * keeps, keeps,
        keep + toStatistics + row * STATISTICS, weights, cNext + (<usize>g << 6) + row * cStride, cStride,
        dh + (<usize>(g * B) << 6) + at, its + at, all, own,
      );
      own += sumsStep;
    }
  }
  meet(team);
  if (g0 < g1) normMeans(B, groups, H, rowSums, means);
  for (let g = g0; g < g1; ++g) {
    const keep = saved + <usize>g * kept;
    const weights = b + (<usize>(g * vectors) << 6);
    const its = d + <usize>(g * gates) * dStep;
    const column = <usize>g << 6;
    const asked = dh + (<usize>(g * B) << 6);
    const cell = dc + (<usize>(g * B) << 6);
    normCellBackward(kind, B, H - (g << 4), keep, cNext + column, cStride, its, means, cell);
    let own = sums + (<usize>(g * vectors) << 6);
    for (let r = 0; r < B; r += part) {
      const n = min(part, B - r);
      const row = <usize>r;
      const at = row << 6;
      const before = c + column + row * cStride;
      if (classic) {
        normPointwiseBackward(n, keep + toGates + at, tile, before, cStride, asked + at, cell + at, its + at, dStep, own);
      } else {
        pointwise(
          kind, n, r, keep + toGates, keeps, weights + (<usize>gates << 6), 0, 0, c + column, cNext + column, cStride,
          asked, NOTHING, 0, cell, 0, its, dStep, own,
        );
      }
      const all = rowSums + (<usize>g * rows + row) * NORM_SUMS;
      normGateSums(kind, n, keep + at, tile, weights, its + at, dStep, all, own);
      own += sumsStep;
    }
  }
  meet(team);
  if (g0 < g1) normMeans(B, groups, gates * H, rowSums + 64, means + 8);
  for (let g = g0; g < g1; ++g) {
    const at = <usize>(g * gates) * dStep;
    const weights = b + (<usize>(g * vectors) << 6);
    normGatesBackward(kind, B, saved + <usize>g * kept, weights, means, d + at, dX + at, dStep);
  }
}
