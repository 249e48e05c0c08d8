// Between the public layout of LSTM weights (kernel [I, 4H], recurrent [H, 4H],
// bias [4H], gate order i, f, c, o as Keras) and the packed one of lstm-layout.ts.

import { transpose4 } from "../math/transpose";
import { pad4 } from "../math/vector";

/** kernel, recurrent, bias -> w, b. Padding of w and b is written as 0. No overlap. */
export function lstmPack(
  I: i32,
  H: i32,
  kernel: usize,
  recurrent: usize,
  bias: usize,
  w: usize,
  b: usize,
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  memory.fill(w, 0, <usize>(4 * hp * (ip + hp)) << 2);
  memory.fill(b, 0, <usize>(4 * hp) << 2);
  for (let unit = 0; unit < H; ++unit) {
    for (let gate = 0; gate < 4; ++gate) {
      const from = <usize>(gate * H + unit) << 2;
      const lane = <usize>(gate * 4 + (unit & 3)) << 2;
      const panel = w + (<usize>((unit >> 2) * (ip + hp)) << 6) + lane;
      copyColumn(I, kernel + from, <usize>H << 4, panel, 64);
      copyColumn(H, recurrent + from, <usize>H << 4, panel + (<usize>ip << 6), 64);
      store<f32>(b + (<usize>(unit >> 2) << 6) + lane, load<f32>(bias + from));
    }
  }
}

/** w, b -> kernel, recurrent, bias: the inverse of lstmPack, also for gradients. No overlap. */
export function lstmUnpack(
  I: i32,
  H: i32,
  w: usize,
  b: usize,
  kernel: usize,
  recurrent: usize,
  bias: usize,
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  for (let unit = 0; unit < H; ++unit) {
    for (let gate = 0; gate < 4; ++gate) {
      const to = <usize>(gate * H + unit) << 2;
      const lane = <usize>(gate * 4 + (unit & 3)) << 2;
      const panel = w + (<usize>((unit >> 2) * (ip + hp)) << 6) + lane;
      copyColumn(I, panel, 64, kernel + to, <usize>H << 4);
      copyColumn(H, panel + (<usize>ip << 6), 64, recurrent + to, <usize>H << 4);
      store<f32>(bias + to, load<f32>(b + (<usize>(unit >> 2) << 6) + lane));
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
 * Rows k0..k0+n of every panel of w, transposed for the backward products:
 * out [n/16 rounded up][4 Hp][16], out[q][16 p + j][m] = w[p][k0 + 16 q + m][j], of which
 * tiles q0..q1 are written; columns past n are 0. n is a multiple of 4; out must not overlap w.
 */
export function lstmTranspose(
  hp: i32, k: i32, k0: i32, n: i32, w: usize, out: usize, q0: i32, q1: i32,
): void {
  memory.fill(out + (<usize>(4 * hp * q0) << 6), 0, <usize>(4 * hp * (q1 - q0)) << 6);
  for (let q = q0 << 4; q < min(n, q1 << 4); q += 4) {
    for (let p = 0; p < hp; p += 4) {
      let from = w + (<usize>((p >> 2) * k + k0 + q) << 6);
      let to = out + (<usize>((q >> 4) * hp * 4 + 4 * p) << 6) + (<usize>(q & 15) << 2);
      for (let gate = 0; gate < 4; ++gate) {
        transpose4(from, 64, to, 64);
        from += 16;
        to += 256;
      }
    }
  }
}
