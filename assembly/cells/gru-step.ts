// One time step of groups g0..g1 (a group is 16 units): their products, then their gates. Ranges may be
// asked for in any order, and by several threads at once on one scratch: they read all of xh, and write
// nothing but their groups. With the reset before the product a step has two parts, for the second reads
// r * h of all groups.
//
//   xh        [B][Ip+Hp]: x and the h before; read only
//   w, b      all groups, see gru-layout.ts; read only
//   saved     [Hp/4][B][16] of this step; written
//   rh        [B][Hp]: r * h; written; 0 with resetAfter
//   h         rows hStride bytes apart; must not overlap xh's rows
//   scratch   gruForwardScratchFloats: what all groups are before activation

import { panelRows } from "../math/gemm-rows";
import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { meet } from "../team";
import { candidateColumn, gateColumn, gruGates, gruOutputs, PRE } from "./gru-gates";
import { GRU_SAVED } from "./gru-layout";

/** Groups g0..g1 of a whole time step, the others of which the rest of the team takes. */
export function gruStep(
  B: i32, I: i32, H: i32, g0: i32, g1: i32, resetAfter: bool, xh: usize, w: usize, b: usize, saved: usize, rh: usize,
  h: usize, hStride: usize, scratch: usize, team: usize,
): void {
  const reset: usize = resetAfter ? 0 : rh;
  gruStepGates(B, I, H, g0, g1, xh, w, b, saved, reset, h, hStride, scratch);
  if (resetAfter) return;
  meet(team);
  gruStepCandidates(B, I, H, g0, g1, xh, w, saved, rh, h, hStride, scratch);
}

/** z, r and what x brings to n; and, where rh is 0 (reset after), n and h too. */
export function gruStepGates(
  B: i32, I: i32, H: i32, g0: i32, g1: i32, xh: usize, w: usize, b: usize, saved: usize, rh: usize,
  h: usize, hStride: usize, scratch: usize,
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  const k = ip + hp;
  const kBytes = (<usize>k) << 2;
  const hBytes = (<usize>hp) << 2;
  const tile = kBytes << 4;
  const panelSaved = (<usize>(B * GRU_SAVED)) << 2;
  const before = xh + ((<usize>ip) << 2);
  for (let group = g0; group < g1; ++group) {
    const panels = min((hp >> 2) - 4 * group, 4);
    const weights = w + <usize>group * 3 * tile;
    const bias = b + <usize>group * 384;
    const pre = scratch + <usize>(group * B) * PRE;
    for (let pair = 0; 2 * pair < panels; ++pair) {
      const at = (<usize>pair) << 6;
      panelRows(B, xh, kBytes, 1, k, 0, weights + <usize>pair * tile, bias + at, pre + at, PRE, false);
    }
    const candidate = weights + 2 * tile;
    // reset before: the product of r * h is added to it there
    const sum = pre + (rh ? 192 : 128);
    panelRows(B, xh, kBytes, 1, ip, 0, candidate, bias + 128, sum, PRE, false);
    if (!rh) {
      const recurrent = candidate + ((<usize>ip) << 6);
      panelRows(B, before, kBytes, 1, hp, 0, recurrent, bias + 320, pre + 192, PRE, false);
    }
    for (let p = 0; p < panels; ++p) {
      const panel = <usize>(4 * group + p);
      const kept = saved + panel * panelSaved;
      const column = panel << 4;
      const reset = rh ? rh + column : 0;
      gruGates(B, pre + gateColumn(p), bias + 192 + gateColumn(p), kept, before + column, kBytes, reset, hBytes);
      if (!rh) {
        gruOutputs(B, pre + candidateColumn(p), kept, before + column, kBytes, h + column, hStride, true);
      }
    }
  }
}

/** Reset before: n and h, when gruStepGates of all groups is done. */
export function gruStepCandidates(
  B: i32, I: i32, H: i32, g0: i32, g1: i32, xh: usize, w: usize, saved: usize, rh: usize, h: usize,
  hStride: usize, scratch: usize,
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  const kBytes = (<usize>(ip + hp)) << 2;
  const hBytes = (<usize>hp) << 2;
  const tile = kBytes << 4;
  const panelSaved = (<usize>(B * GRU_SAVED)) << 2;
  const before = xh + ((<usize>ip) << 2);
  for (let group = g0; group < g1; ++group) {
    const panels = min((hp >> 2) - 4 * group, 4);
    const recurrent = w + (<usize>group * 3 + 2) * tile + ((<usize>ip) << 6);
    const pre = scratch + <usize>(group * B) * PRE;
    panelRows(B, rh, hBytes, 1, hp, 0, recurrent, ZEROS, pre + 192, PRE, true);
    for (let p = 0; p < panels; ++p) {
      const panel = <usize>(4 * group + p);
      const column = panel << 4;
      const kept = saved + panel * panelSaved;
      gruOutputs(B, pre + candidateColumn(p), kept, before + column, kBytes, h + column, hStride, false);
    }
  }
}
