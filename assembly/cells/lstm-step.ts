import { panelRows } from "../math/gemm-rows";
import { rowPanels } from "../math/gemm-rows-one";
import { pad4 } from "../math/vector";
import { lstmGatesForward } from "./lstm-gates";
import { SAVED } from "./lstm-layout";

/**
 * One time step of panels p0..p1 (a panel is four units): their product, then their gates. Ranges may
 * be asked for in any order, and by several threads at once, each with a scratch of its own: they read
 * all of xh, and write nothing but their panels.
 *
 *   xh         [B][Ip+Hp]: x and the h before; read only
 *   w, b       all panels, see lstm-layout.ts; read only
 *   saved      i, f, g, o, tanh(c) of panel p at + p * savedStep bytes; 0: nobody wants them, one
 *              panel's room, or with B = 1 that of all panels, is enough
 *   c, cNext   [B][Hp]; may be the same
 *   h          row b at + b * hStride bytes; must not overlap xh's rows
 *   scratch    16 floats a row, or with B = 1 a panel
 */
export function lstmStep(
  B: i32, I: i32, H: i32, p0: i32, p1: i32, xh: usize, w: usize, b: usize, saved: usize,
  savedStep: usize, c: usize, cNext: usize, h: usize, hStride: usize, scratch: usize,
): void {
  const hp = pad4(H);
  const k = pad4(I) + hp;
  const kBytes = <usize>k << 2;
  const hBytes = <usize>hp << 2;
  const first = <usize>p0;
  w += first * (kBytes << 4);
  b += first << 6;
  c += first << 4;
  cNext += first << 4;
  h += first << 4;
  if (B == 1) {
    // the panels of a single row stand like the rows of one panel: one pass takes them all
    rowPanels(xh, k, p1 - p0, w, kBytes << 4, b, scratch);
    lstmGatesForward(p1 - p0, scratch, saved + first * (SAVED << 2), c, cNext, 16, h, 16);
    return;
  }
  saved += first * savedStep;
  for (let p = p0; p < p1; ++p) {
    panelRows(B, xh, kBytes, 1, k, 0, w, b, scratch, 64, false);
    lstmGatesForward(B, scratch, saved, c, cNext, hBytes, h, hStride);
    w += kBytes << 4;
    b += 64;
    saved += savedStep;
    c += 16;
    cNext += 16;
    h += 16;
  }
}

/**
 * b + x W of `steps` time steps of one sequence, panels p0..p1: where the sums of lstmStateStep begin. The weights are read once
 * for all of them. pre: [steps][Hp/4][16].
 */
export function lstmInputProducts(
  steps: i32, ip: i32, hp: i32, p0: i32, p1: i32, x: usize, xStride: usize, w: usize, b: usize, pre: usize,
): void {
  const tile = <usize>(ip + hp) << 6;
  const row = <usize>hp << 4;
  for (let p = <usize>p0; p < <usize>p1; ++p) {
    panelRows(steps, x, xStride, 1, ip, 0, w + p * tile, b + (p << 6), pre + (p << 6), row, false);
  }
}

/** As lstmStep of one sequence whose row of lstmInputProducts stands in pre, and is lost; `state` is the h before. */
export function lstmStateStep(
  ip: i32, hp: i32, p0: i32, p1: i32, state: usize, w: usize, pre: usize, saved: usize, c: usize, cNext: usize, h: usize,
): void {
  const tile = <usize>(ip + hp) << 6;
  const first = <usize>p0;
  const panels = p1 - p0;
  const at = first << 4;
  pre += first << 6;
  rowPanels(state, hp, panels, w + (<usize>ip << 6) + first * tile, tile, pre, pre);
  lstmGatesForward(panels, pre, saved + first * (SAVED << 2), c + at, cNext + at, 16, h + at, 16);
}
