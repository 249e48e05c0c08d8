// Samples into Wasm memory and outputs out of it. Outside, samples stand one after the other
// [n, T, F]; inside, sequences are time-major (row t * B + b) with rows padded to whole
// vectors. A shape [F] is a sequence of one step.
//
// All of them take an extent of time, by default the whole; inside, its first step is row 0.
import { type Extent, featuresOf, type Shape, stepsOf, type View } from '../layers/layer.js';
import type { Dataset } from './dataset.js';

const firstOf = (shape: Shape, extent?: Extent): number =>
  extent && shape.length === 2 ? extent.from : 0;
const lengthOf = (shape: Shape, extent?: Extent): number =>
  extent && shape.length === 2 ? extent.steps : stepsOf(shape);

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
  extent?: Extent,
): void {
  const T = stepsOf(shape);
  const first = firstOf(shape, extent);
  const steps = lengthOf(shape, extent);
  const F = featuresOf(shape);
  const { stride } = to;
  const start = to.pointer >>> 2;
  for (let b = 0; b < B; b++) {
    const sample = order === undefined ? from + b : order[from + b];
    let read = (sample * T + first) * F;
    for (let t = 0; t < steps; t++) {
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
  extent?: Extent,
): void {
  const T = stepsOf(shape);
  const first = firstOf(shape, extent);
  const steps = lengthOf(shape, extent);
  const { stride } = to;
  const start = to.pointer >>> 2;
  floats.fill(0, start, start + steps * B * stride);
  for (let b = 0; b < B; b++) {
    const sample = order === undefined ? from + b : order[from + b];
    const read = sample * T + first;
    for (let t = 0; t < steps; t++) floats[start + (t * B + b) * stride + data[read + t]] = 1;
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
  extent?: Extent,
): void {
  const copy = data.classes ? stageClasses : stage;
  copy(floats, to, data.y, shape, order, from, B, extent);
}

/** Copies B samples of `shape` from `view` to `out` [n, ...shape], beginning at sample `to`. */
export function unstage(
  floats: Float32Array,
  view: View,
  out: Float32Array,
  shape: Shape,
  to: number,
  B: number,
  extent?: Extent,
): void {
  const T = stepsOf(shape);
  const first = firstOf(shape, extent);
  const steps = lengthOf(shape, extent);
  const F = featuresOf(shape);
  const start = view.pointer >>> 2;
  for (let b = 0; b < B; b++) {
    let write = ((to + b) * T + first) * F;
    for (let t = 0; t < steps; t++) {
      const row = start + (t * B + b) * view.stride;
      for (let c = 0; c < F; c++) out[write++] = floats[row + c];
    }
  }
}
