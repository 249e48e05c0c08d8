// Between the public layout of GRU weights (kernel [I, 3H], recurrent [H, 3H], bias [3H] or with
// reset after [2, 3H]; gate order z, r, n as Keras) and the packed one of gru-layout.ts.

import { transpose4 } from "../math/transpose";
import { pad4 } from "../math/vector";
import { groupsOf, RESET_AFTER, SPLIT } from "./gru-layout";

/** The tile of a unit's gate within its group, and the byte of its lane. */
// @ts-ignore: decorator
@inline
function tileOf(kind: i32, unit: i32, gate: i32): i32 {
  if (kind & SPLIT) return gate;
  return gate == 2 ? 2 : (unit >> 3) & 1;
}
// @ts-ignore: decorator
@inline
function laneOf(kind: i32, unit: i32, gate: i32): usize {
  return gate == 2 || kind & SPLIT
    ? (<usize>(unit & 15)) << 2
    : ((<usize>((unit >> 2) & 1)) << 5) + ((<usize>gate) << 4) + ((<usize>(unit & 3)) << 2);
}

/** kernel, recurrent, bias (0: zeros) -> w, b. Padding of w and b is written as 0. No overlap. */
export function gruPack(
  I: i32, H: i32, kind: i32, kernel: usize, recurrent: usize, bias: usize, w: usize, b: usize,
): void {
  const ip = pad4(I);
  const k = ip + pad4(H);
  const groups = groupsOf(H);
  memory.fill(w, 0, (<usize>(groups * 3 * k)) << 6);
  memory.fill(b, 0, (<usize>(groups * 6)) << 6);
  for (let unit = 0; unit < H; ++unit) {
    for (let gate = 0; gate < 3; ++gate) {
      const from = (<usize>(gate * H + unit)) << 2;
      const tile = (unit >> 4) * 3 + tileOf(kind, unit, gate);
      const lane = laneOf(kind, unit, gate);
      const to = w + ((<usize>(tile * k)) << 6) + lane;
      copyColumn(I, kernel + from, <usize>H * 12, to, 64);
      copyColumn(H, recurrent + from, <usize>H * 12, to + ((<usize>ip) << 6), 64);
      const row = b + ((<usize>((unit >> 4) * 6 + tileOf(kind, unit, gate))) << 6) + lane;
      if (!bias) continue;
      store<f32>(row, load<f32>(bias + from));
      if (kind & RESET_AFTER) store<f32>(row + 192, load<f32>(bias + from + <usize>H * 12));
    }
  }
}

/** w, b -> kernel, recurrent, bias: the inverse of gruPack, also for gradients. No overlap. */
export function gruUnpack(
  I: i32, H: i32, kind: i32, w: usize, b: usize, kernel: usize, recurrent: usize, bias: usize,
): void {
  const ip = pad4(I);
  const k = ip + pad4(H);
  for (let unit = 0; unit < H; ++unit) {
    for (let gate = 0; gate < 3; ++gate) {
      const to = (<usize>(gate * H + unit)) << 2;
      const tile = (unit >> 4) * 3 + tileOf(kind, unit, gate);
      const lane = laneOf(kind, unit, gate);
      const from = w + ((<usize>(tile * k)) << 6) + lane;
      copyColumn(I, from, 64, kernel + to, <usize>H * 12);
      copyColumn(H, from + ((<usize>ip) << 6), 64, recurrent + to, <usize>H * 12);
      const row = b + ((<usize>((unit >> 4) * 6 + tileOf(kind, unit, gate))) << 6) + lane;
      if (!bias) continue;
      store<f32>(bias + to, load<f32>(row));
      if (kind & RESET_AFTER) store<f32>(bias + to + <usize>H * 12, load<f32>(row + 192));
    }
  }
}

function copyColumn(n: i32, from: usize, fromStride: usize, to: usize, toStride: usize): void {
  for (let i = 0; i < n; ++i) {
    store<f32>(to, load<f32>(from));
    from += fromStride;
    to += toStride;
  }
}

/**
 * Rows k0..k0+n of all tiles of w, transposed for the backward products: out [n/16 rounded
 * up][48 groups][16]. Its rows are those of the gradients' tiles: n first where `candidateFirst`, as
 * x sees them, else z and r first, as h does. Tiles q0..q1 of 16 columns are written, columns past n as
 * 0. n is a multiple of 4; out must not overlap w.
 */
export function gruTranspose(
  groups: i32, k: i32, k0: i32, n: i32, w: usize, out: usize, candidateFirst: bool, q0: i32, q1: i32,
  split: bool,
): void {
  const rows = 48 * groups;
  memory.fill(out + ((<usize>(rows * q0)) << 6), 0, (<usize>(rows * (q1 - q0))) << 6);
  for (let q = q0 << 4; q < min(n, q1 << 4); q += 4) {
    const columns = out + ((<usize>((q >> 4) * rows)) << 6) + ((<usize>(q & 15)) << 2);
    for (let group = 0; group < groups; ++group) {
      for (let tile = 0; tile < 3; ++tile) {
        const gates = candidateFirst ? groups : 0;
        const gate = gates + (split ? tile * groups + group : 2 * group + tile);
        const place = tile == 2 ? (candidateFirst ? group : 2 * groups + group) : gate;
        let from = w + ((<usize>((group * 3 + tile) * k + k0 + q)) << 6);
        let to = columns + ((<usize>(place * 16)) << 6);
        for (let lane = 0; lane < 16; lane += 4) {
          transpose4(from, 64, to, 64);
          from += 16;
          to += 256;
        }
      }
    }
  }
}
