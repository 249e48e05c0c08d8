// Samples into Wasm memory and outputs out of it. Outside, samples stand one after the other
// [n, T, F]; inside, sequences are time-major (row t * B + b) with rows padded to whole
// vectors. A shape [F] is a sequence of one step.
import { featuresOf, type Shape, type View } from '../layers/layer.js';
import type { Dataset } from './dataset.js';

const stepsOf = (shape: Shape): number => (shape.length === 2 ? shape[0] : 1);

/**
 * Copies samples order[from .. from + B) (or from .. from + B without an order) of `data`
 * [n, ...shape] to `to`. Padding columns are written too, so nothing depends on what stood
 * there before.
 */
export function stage(
  floats: Float32Array,
  to: View,
  data: Float32Array,
  shape: Shape,
  order: Uint32Array | undefined,
  from: number,
  B: number,
): void {
  const T = stepsOf(shape);
  const F = featuresOf(shape);
  const { stride } = to;
  const start = to.pointer >>> 2;
  for (let b = 0; b < B; b++) {
    const sample = order === undefined ? from + b : order[from + b];
    let read = sample * T * F;
    for (let t = 0; t < T; t++) {
      const row = start + (t * B + b) * stride;
      for (let c = 0; c < F; c++) floats[row + c] = data[read++];
      for (let c = F; c < stride; c++) floats[row + c] = 0;
    }
  }
}

/** Like `stage`, from class numbers to one-hot rows. */
export function stageClasses(
  floats: Float32Array,
  to: View,
  data: Float32Array,
  shape: Shape,
  order: Uint32Array | undefined,
  from: number,
  B: number,
): void {
  const T = stepsOf(shape);
  const { stride } = to;
  const start = to.pointer >>> 2;
  floats.fill(0, start, start + T * B * stride);
  for (let b = 0; b < B; b++) {
    const sample = order === undefined ? from + b : order[from + b];
    for (let t = 0; t < T; t++) floats[start + (t * B + b) * stride + data[sample * T + t]] = 1;
  }
}

export function stageTargets(
  floats: Float32Array,
  to: View,
  data: Dataset,
  shape: Shape,
  order: Uint32Array | undefined,
  from: number,
  B: number,
): void {
  const copy = data.classes ? stageClasses : stage;
  copy(floats, to, data.y, shape, order, from, B);
}

/** Copies B samples of `shape` from `view` to `out` [n, ...shape], beginning at sample `to`. */
export function unstage(
  floats: Float32Array,
  view: View,
  out: Float32Array,
  shape: Shape,
  to: number,
  B: number,
): void {
  const T = stepsOf(shape);
  const F = featuresOf(shape);
  const start = view.pointer >>> 2;
  let write = to * T * F;
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      const row = start + (t * B + b) * view.stride;
      for (let c = 0; c < F; c++) out[write++] = floats[row + c];
    }
  }
}
