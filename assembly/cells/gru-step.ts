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
import { gruGatesOther, gruOutputsOther } from "./gru-activations";
import { candidateColumn, gateColumn, gruGates, gruOutputs, PRE } from "./gru-gates";
import { GRU_SAVED, OTHER, RESET_AFTER, SPLIT } from "./gru-layout";

/**
 * Groups g0..g1 of a whole time step, the others of which the rest of the team takes. masked: with SPLIT rows
 * [B][3][Ip+Hp] that z, r and n see in the place of xh; 0: xh itself.
 */
export function gruStep(
  B: i32, I: i32, H: i32, g0: i32, g1: i32, kind: i32, xh: usize, w: usize, b: usize, saved: usize, rh: usize,
  h: usize, hStride: usize, scratch: usize, team: usize, masked: usize,
): void {
  const resetAfter = (kind & RESET_AFTER) != 0;
  const reset: usize = resetAfter ? 0 : rh;
  stepGates(kind, B, I, H, g0, g1, xh, w, b, saved, reset, h, hStride, scratch, masked);
  if (resetAfter) return;
  meet(team);
  stepCandidates(kind, B, I, H, g0, g1, xh, w, saved, rh, h, hStride, scratch);
}

/** z, r and what x brings to n; and, where rh is 0 (reset after), n and h too. */
export function gruStepGates(
  B: i32, I: i32, H: i32, g0: i32, g1: i32, xh: usize, w: usize, b: usize, saved: usize, rh: usize,
  h: usize, hStride: usize, scratch: usize,
): void {
  stepGates(0, B, I, H, g0, g1, xh, w, b, saved, rh, h, hStride, scratch, 0);
}

function stepGates(
  kind: i32, B: i32, I: i32, H: i32, g0: i32, g1: i32, xh: usize, w: usize, b: usize, saved: usize, rh: usize,
  h: usize, hStride: usize, scratch: usize, masked: usize,
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  const k = ip + hp;
  const split = (kind & SPLIT) != 0;
  const rApart: usize = split ? 64 : 16;
  const kBytes = (<usize>k) << 2;
  const hBytes = (<usize>hp) << 2;
  const tile = kBytes << 4;
  const panelSaved = (<usize>(B * GRU_SAVED)) << 2;
  const before = xh + ((<usize>ip) << 2);
  // rows that z, r and n see
  const a = masked ? masked : xh;
  const aBytes = masked ? 3 * kBytes : kBytes;
  const gateBytes: usize = masked ? kBytes : 0;
  const toCandidate = a + 2 * gateBytes;
  const hToCandidate = toCandidate + ((<usize>ip) << 2);
  for (let group = g0; group < g1; ++group) {
    const panels = min((hp >> 2) - 4 * group, 4);
    const weights = w + <usize>group * 3 * tile;
    const bias = b + <usize>group * 384;
    const pre = scratch + <usize>(group * B) * PRE;
    for (let gate: usize = 0; split && gate < 2; ++gate) {
      const at = gate << 6;
      panelRows(
        B, a + gate * gateBytes, aBytes, 1, k, 0, weights + gate * tile, bias + at, pre + at, PRE, false,
      );
    }
    for (let pair = 0; !split && 2 * pair < panels; ++pair) {
      const at = (<usize>pair) << 6;
      panelRows(B, xh, kBytes, 1, k, 0, weights + <usize>pair * tile, bias + at, pre + at, PRE, false);
    }
    const candidate = weights + 2 * tile;
    // reset before: the product of r * h is added to it there
    const sum = pre + (rh ? 192 : 128);
    panelRows(B, toCandidate, aBytes, 1, ip, 0, candidate, bias + 128, sum, PRE, false);
    if (!rh) {
      const recurrent = candidate + ((<usize>ip) << 6);
      panelRows(B, hToCandidate, aBytes, 1, hp, 0, recurrent, bias + 320, pre + 192, PRE, false);
    }
    for (let p = 0; p < panels; ++p) {
      const panel = <usize>(4 * group + p);
      const kept = saved + panel * panelSaved;
      const column = panel << 4;
      const reset = rh ? rh + column : 0;
      const place = split ? (<usize>p) << 4 : gateColumn(p);
      const gates = pre + place;
      const brings = bias + 192 + place;
      if (kind & OTHER) {
        gruGatesOther(
          kind, B, rApart, gates, brings, kept, hToCandidate + column, aBytes, reset, hBytes,
        );
      }
      else gruGates(B, gates, brings, kept, before + column, kBytes, reset, hBytes);
      if (!rh) outputs(kind, B, H, group, p, pre, kept, before + column, kBytes, h + column, hStride, true);
    }
  }
}

/** Reset before: n and h, when gruStepGates of all groups is done. */
export function gruStepCandidates(
  B: i32, I: i32, H: i32, g0: i32, g1: i32, xh: usize, w: usize, saved: usize, rh: usize, h: usize,
  hStride: usize, scratch: usize,
): void {
  stepCandidates(0, B, I, H, g0, g1, xh, w, saved, rh, h, hStride, scratch);
}

function stepCandidates(
  kind: i32, B: i32, I: i32, H: i32, g0: i32, g1: i32, xh: usize, w: usize, saved: usize, rh: usize, h: usize,
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
      outputs(kind, B, H, group, p, pre, kept, before + column, kBytes, h + column, hStride, false);
    }
  }
}

/** Panel p of a group, whose rows begin at `pre`. */
// @ts-ignore: decorator
@inline
function outputs(
  kind: i32, B: i32, H: i32, group: i32, p: i32, pre: usize, saved: usize, before: usize,
  beforeStride: usize, h: usize, hStride: usize, resetAfter: bool,
): void {
  const own = pre + candidateColumn(p);
  const units = H - 4 * (4 * group + p);
  if (kind & OTHER) {
    gruOutputsOther(kind, B, units, own, saved, before, beforeStride, h, hStride, resetAfter);
  } else gruOutputs(B, own, saved, before, beforeStride, h, hStride, resetAfter);
}
