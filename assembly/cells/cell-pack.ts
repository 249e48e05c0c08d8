// Between the public layout of weights (kernel [I, G H], recurrent [H, G H], bias [G H], extra [E, H]) and the
// packed one of cell-layout.ts. Of an sLSTM recurrent is [H / heads, G H]: a column has the rows of its unit's head. Where h is a projection recurrent is [P, G H].

import { pad4 } from "../math/vector";
import { depthOf, extrasOf, gatesOf, headsOf, isRecurrent, pad16, projectedOf } from "./cell-layout";

/**
 * kernel, recurrent (0 where the state meets no matrix), bias (0: zeros), extra (0 where there is none) -> w, b.
 * Padding is written as 0. No overlap.
 */
export function cellPack(
  kind: i32, I: i32, H: i32, kernel: usize, recurrent: usize, bias: usize, extra: usize, w: usize,
  b: usize,
): void {
  const hw = pad16(H);
  const gates = gatesOf(kind);
  const vectors = gates + extrasOf(kind);
  memory.fill(w, 0, <usize>(gates * hw * depthOf(kind, pad4(I), hw)) << 2);
  memory.fill(b, 0, <usize>(vectors * hw) << 2);
  move(kind, I, H, kernel, recurrent, bias, extra, w, b, true);
}

/** w, b -> kernel, recurrent, bias, extra: the inverse of cellPack, also for gradients. No overlap. */
export function cellUnpack(
  kind: i32, I: i32, H: i32, w: usize, b: usize, kernel: usize, recurrent: usize, bias: usize,
  extra: usize,
): void {
  move(kind, I, H, kernel, recurrent, bias, extra, w, b, false);
}

/** `count` rows [count, H] of what stands beside the biases, from row `first` on, to b. No overlap. */
export function cellPackVectors(kind: i32, H: i32, first: i32, count: i32, rows: usize, b: usize): void {
  moveVectors(kind, H, first, count, rows, b, true);
}

/** The inverse, also for gradients. */
export function cellUnpackVectors(kind: i32, H: i32, first: i32, count: i32, b: usize, rows: usize): void {
  moveVectors(kind, H, first, count, rows, b, false);
}

function moveVectors(
  kind: i32, H: i32, first: i32, count: i32, rows: usize, b: usize, pack: bool,
): void {
  const vectors = gatesOf(kind) + extrasOf(kind);
  for (let e = 0; e < count; ++e) {
    for (let unit = 0; unit < H; ++unit, rows += 4) {
      const vector = (unit >> 4) * vectors + gatesOf(kind) + first + e;
      column(1, rows, 0, b + (<usize>vector << 6) + (<usize>(unit & 15) << 2), pack);
    }
  }
}

function move(
  kind: i32, I: i32, H: i32, kernel: usize, recurrent: usize, bias: usize, extra: usize, w: usize,
  b: usize, pack: bool,
): void {
  const ip = pad4(I);
  const depth = depthOf(kind, ip, pad16(H));
  const gates = gatesOf(kind);
  const vectors = gates + extrasOf(kind);
  const columns = <usize>(gates * H) << 2;
  const projected = projectedOf(kind);
  const size = projected ? projected : H / headsOf(kind);
  for (let unit = 0; unit < H; ++unit) {
    const lane = <usize>(unit & 15) << 2;
    const group = unit >> 4;
    for (let gate = 0; gate < gates; ++gate) {
      const at = <usize>(gate * H + unit) << 2;
      const tile = w + (<usize>((group * gates + gate) * depth) << 6) + lane;
      column(I, kernel + at, columns, tile, pack);
      const block = <usize>(projected ? ip : ip + unit - (unit % size)) << 6;
      if (isRecurrent(kind)) column(size, recurrent + at, columns, tile + block, pack);
      if (bias) column(1, bias + at, 0, b + (<usize>(group * vectors + gate) << 6) + lane, pack);
    }
    for (let e = 0; extra && e < vectors - gates; ++e) {
      const own = b + (<usize>(group * vectors + gates + e) << 6) + lane;
      column(1, extra + (<usize>(e * H + unit) << 2), 0, own, pack);
    }
  }
}

/** A column of a matrix, rows `stride` bytes apart, and one of a tile. */
function column(n: i32, matrix: usize, stride: usize, tile: usize, pack: bool): void {
  for (let i = 0; i < n; ++i, matrix += stride, tile += 64) {
    if (pack) store<f32>(tile, load<f32>(matrix));
    else store<f32>(matrix, load<f32>(tile));
  }
}
