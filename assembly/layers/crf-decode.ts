import { laneMask } from "../math/rows";
import { pad4 } from "../math/vector";
import { shiftRow } from "./crf-forward";
import { addRow, rowAt, stepsOf, tagOf } from "./crf-layout";

/**
 * y = the path of the highest score (Viterbi 1967) as one-hot rows; of equal ones the lowest tag, from the last step on.
 * Rows past a sample's end are 0. Where scores leave float32, the rows of the sample are NaN.
 *
 * x [T*B][xStride], w, lengths: see crf-layout.ts, only read. y [T*B][yStride], columns K..pad4(K) as 0, and scratch
 * of crfDecodeScratchFloats(T, K): written.
 */
export function crfDecode(
  B: i32, T: i32, K: i32, x: usize, xStride: i32, w: usize, lengths: usize, y: usize, yStride: i32,
  scratch: usize,
): void {
  const Kp = pad4(K);
  const rowBytes = (<usize>Kp) << 2;
  const start = w + <usize>K * rowBytes;
  const scores = scratch;
  const next = scores + rowBytes;
  const best = next + rowBytes;
  for (let b = 0; b < B; ++b) {
    const steps = stepsOf(lengths, b, T);
    for (let s = 0; s < T; ++s) memory.fill(rowAt(y, B, b, s, yStride), 0, rowBytes);
    if (steps == 0) continue;
    addRow(K, start, rowAt(x, B, b, 0, xStride), scores);
    // what was taken from the scores is finite where all of them are
    let finite = shiftRow(K, scores);
    for (let s = 1; s < steps; ++s) {
      crfBest(K, Kp, scores, w, rowAt(x, B, b, s, xStride), next, best + <usize>s * rowBytes);
      finite += shiftRow(K, next);
      memory.copy(scores, next, rowBytes);
    }
    addRow(K, scores, start + rowBytes, next);
    let tag = tagOf(K, next);
    finite += load<f32>(next + ((<usize>tag) << 2));
    const mark: f32 = 1 + (finite - finite);
    for (let s = steps - 1; ; --s) {
      store<f32>(rowAt(y, B, b, s, yStride) + ((<usize>tag) << 2), mark);
      if (s == 0) break;
      tag = load<i32>(best + <usize>s * rowBytes + ((<usize>tag) << 2));
    }
  }
}

/** to[j] = e[j] + max over i of a[i] + w[i][j], and which i, the first of equals. An export, as crfStep. */
export function crfBest(K: i32, Kp: i32, a: usize, w: usize, e: usize, to: usize, from: usize): void {
  const down = (<usize>Kp) << 2;
  for (let c = 0; c < K; c += 4) {
    const at = (<usize>c) << 2;
    let row = w + at;
    let largest = f32x4.add(v128.load32_splat(a), v128.load(row));
    let chosen = i32x4.splat(0);
    row += down;
    for (let i = 1; i < K; ++i, row += down) {
      const score = f32x4.add(v128.load32_splat(a + ((<usize>i) << 2)), v128.load(row));
      const better = f32x4.gt(score, largest);
      largest = v128.bitselect(score, largest, better);
      chosen = v128.bitselect(i32x4.splat(i), chosen, better);
    }
    const result = f32x4.add(v128.load(e + at), largest);
    v128.store(to + at, v128.and(result, laneMask(K - c)));
    v128.store(from + at, chosen);
  }
}
