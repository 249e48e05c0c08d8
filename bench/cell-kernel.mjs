// How much of what one core can do does a training step of each other cell reach? As lstm-kernel.mjs asks of the
// vanilla LSTM, which stands beside them, timed in turn in one process. FLOPs = 6 B T G H (I + H), or without
// the H where the state meets no matrix, and 6 B T 9 H H more where gates see gates: the products alone. test/assembly holds the kernels against their twin.
//
//   node bench/cell-kernel.mjs [--wasm DIR] [--seconds PER_SHAPE] [--shape B,T,I,H]

import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { instantiateSync } from '@assemblyscript/loader';
import { loadKernels } from './lstm-step.mjs';
import { formatMs, table, wide } from './measure.mjs';

const shapes = [
  [32, 100, 32, 32],
  [32, 100, 64, 64],
  [32, 100, 128, 128],
  [64, 50, 256, 256],
];
// tanh 1, sigmoid 2; see assembly/cells/cell-layout.ts
const CLASSIC = 1 | (1 << 9) | (1 << 12) | (2 << 15);
const IFO = 16 | 32 | 64;
const cells = {
  'lstm (vanilla)': { gates: 4 },
  bidirectional: { gates: 8, both: true },
  gru: { gates: 3, gru: true },
  peephole: { kind: CLASSIC | IFO | 256, gates: 4 },
  coupled: { kind: CLASSIC | 16 | 64 | 128, gates: 3 },
  fullGateRecurrence: { kind: CLASSIC | IFO | (1 << 19), gates: 4, seen: 9 },
  layerNorm: { kind: CLASSIC | IFO | 8, gates: 4 },
  'lstm, relu': { kind: 1 | IFO | (3 << 9) | (3 << 12) | (2 << 15), gates: 4 },
  simpleRNN: { kind: 1 << 9, gates: 1 },
  minGRU: { kind: 2, gates: 2, scan: true },
  minLSTM: { kind: 3, gates: 3, scan: true },
  slstm: { kind: 5 | (1 << 20), gates: 4 },
  indRNN: { kind: 4 | (3 << 9), gates: 1, scan: true },
};
const now = () => performance.now();

/** One layer's buffers; its step is forward, backward with dX, and Adam. */
function stepOf(module, shape, { kind, both, gru }) {
  const { kernels, room } = instance(module);
  if (both) return bidirectionalStep(kernels, room, shape);
  if (gru) return gruStep(kernels, room, shape);
  return cellStep(kernels, room, shape, kind);
}

function instance(module) {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const k = instantiateSync(module, { env: { memory } }).exports;
  k.setWide?.(wide);
  let top = memory.buffer.byteLength;
  const room = (floats, values) => {
    const at = top;
    top = (at + 4 * floats + 63) & ~63;
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const view = new Float32Array(memory.buffer, at, floats);
    for (let i = 0; i < floats; i++) view[i] = values * (((i * 7919) % 1000) / 500 - 1);
    return at;
  };
  return { kernels: k, room };
}

function cellStep(k, room, [B, T, I, H], kind) {
  const other = kind !== undefined;
  const weights = other ? k.cellWeightFloats(kind, I, H) : k.lstmWeightFloats(I, H);
  const all = weights + (other ? k.cellBiasFloats(kind, H) : k.lstmBiasFloats(H));
  const scratch = other
    ? Math.max(k.cellForwardScratchFloats(kind, B), k.cellBackwardScratchFloats(kind, B, T, I, H))
    : k.lstmScratchFloats(B, T, I, H);
  const at = {
    w: room(all, 1 / Math.sqrt(I + H)),
    dW: room(all, 0),
    m: room(all, 0),
    v: room(all, 0),
    x: room(T * B * I, 1),
    xh: room(other ? k.cellXhFloats(B, T, I, H) : k.lstmXhFloats(B, T, I, H), 0),
    saved: room(other ? k.cellSavedFloats(kind, B, T, H) : k.lstmGatesFloats(B, T, I, H), 0),
    c: room(other ? k.cellStateFloats(kind, B, T, H) : k.lstmCellFloats(B, T, I, H), 0),
    dOut: room(T * B * H, 0.01),
    dX: room(T * B * I, 0),
    scratch: room(scratch, 0),
  };
  const [b, db] = [at.w + 4 * weights, at.dW + 4 * weights];
  const run = () => {
    if (other) {
      // biome-ignore format: the argument lists of the contracts
      k.cellForwardFromZero(kind, B, T, I, H, at.x, I, at.xh, at.w, b, at.saved, at.c, 0, at.scratch, 0, 0);
      // biome-ignore format: the argument lists of the contracts
      k.cellBackward(kind, B, T, I, H, at.xh, at.w, b, at.saved, at.c, at.dOut, H, 0, 0, 0, at.dX, I, at.dW, db, 0, 0, 0, 0, at.scratch, 0, 0);
    } else {
      // biome-ignore format: the argument lists of the contracts
      k.lstmForwardFromZero(B, T, I, H, at.x, I, at.xh, at.w, b, at.saved, at.c, 0, at.scratch, 0, 0);
      // biome-ignore format: the argument lists of the contracts
      k.lstmBackward(B, T, I, H, at.xh, at.w, at.saved, at.c, at.dOut, H, 0, 0, 0, at.dX, I, at.dW, db, 0, 0, 0, 0, at.scratch, 0, 0);
    }
    k.adam(1, all, all, at.w, at.dW, at.m, at.v, 1e-6, 0.1, 0.001, 1e-7, 1, 0, 0);
  };
  return { kernels: k, run };
}

/** Two LSTMs, one of which reads from the end, with outputs beside each other, as layers.bidirectional runs them. */
function bidirectionalStep(k, room, [B, T, I, H]) {
  const weights = k.lstmWeightFloats(I, H);
  const one = weights + k.lstmBiasFloats(H);
  const rows = T * B;
  const [w, dW, m, v] = [1 / Math.sqrt(I + H), 0, 0, 0].map((size) => room(2 * one, size));
  const [x, reversed, dX, dOther, dReversed] = [1, 0, 0, 0, 0].map((size) => room(rows * I, size));
  const [da, db, dAsked] = [0, 0, 0].map(() => room(rows * H, 0));
  const aligned = room(rows * H, 0);
  const y = room(rows * 2 * H, 0);
  const dY = room(rows * 2 * H, 0.01);
  const scratch = room(k.lstmScratchFloats(B, T, I, H), 0);
  const directions = [x, reversed].map((input, n) => {
    const [own, gradient] = [w + 4 * n * one, dW + 4 * n * one];
    const xh = room(k.lstmXhFloats(B, T, I, H), 0);
    const saved = room(k.lstmGatesFloats(B, T, I, H), 0);
    const c = room(k.lstmCellFloats(B, T, I, H), 0);
    return {
      h: xh + 4 * (B * (I + H) + I),
      forward() {
        // biome-ignore format: the argument lists of the contracts
        k.lstmForwardFromZero(B, T, I, H, input, I, xh, own, own + 4 * weights, saved, c, 0, scratch, 0, 0);
      },
      backward(asked, to) {
        // biome-ignore format: the argument lists of the contracts
        k.lstmBackward(B, T, I, H, xh, own, saved, c, asked, H, 0, 0, 0, to, I, gradient, gradient + 4 * weights, 0, 0, 0, 0, scratch, 0, 0);
      },
    };
  });
  const [first, second] = directions;
  const run = () => {
    first.forward();
    k.reverseSteps(B, T, I, x, I, reversed, I);
    second.forward();
    k.reverseSteps(B, T, H, second.h, I + H, aligned, H);
    k.copyColumns(rows, H, 0, first.h, I + H, y, 2 * H);
    k.copyColumns(rows, H, 0, aligned, H, y + 4 * H, 2 * H);
    k.copyColumns(rows, H, 0, dY, 2 * H, da, H);
    k.copyColumns(rows, H, 0, dY + 4 * H, 2 * H, db, H);
    k.reverseSteps(B, T, H, db, H, dAsked, H);
    first.backward(da, dX);
    second.backward(dAsked, dReversed);
    k.reverseSteps(B, T, I, dReversed, I, dOther, I);
    k.addRows(rows, I, dOther, I, dX, I);
    k.adam(1, 2 * one, 2 * one, w, dW, m, v, 1e-6, 0.1, 0.001, 1e-7, 1, 0, 0);
  };
  return { kernels: k, run };
}

/** A GRU, reset after; gru-kernel.mjs has both orders and builds. */
function gruStep(k, room, [B, T, I, H]) {
  const weights = k.gruWeightFloats(I, H);
  const all = weights + k.gruBiasFloats(H);
  const scratch = Math.max(k.gruForwardScratchFloats(B, H), k.gruBackwardScratchFloats(B, T, I, H));
  const at = {
    w: room(all, 1 / Math.sqrt(I + H)),
    dW: room(all, 0),
    m: room(all, 0),
    v: room(all, 0),
    x: room(T * B * I, 1),
    xh: room(k.gruXhFloats(B, T, I, H), 0),
    saved: room(k.gruSavedFloats(B, T, H), 0),
    rh: room(k.gruResetFloats(B, T, H, 1), 0),
    dOut: room(T * B * H, 0.01),
    dX: room(T * B * I, 0),
    scratch: room(scratch, 0),
  };
  const [b, db] = [at.w + 4 * weights, at.dW + 4 * weights];
  const run = () => {
    // biome-ignore format: the argument lists of the contracts
    k.gruForwardFromZero(B, T, I, H, 1, at.x, I, at.xh, at.w, b, at.saved, at.rh, 0, at.scratch, 0, 0);
    // biome-ignore format: the argument lists of the contracts
    k.gruBackward(B, T, I, H, 1, at.xh, at.w, at.saved, at.rh, at.dOut, H, 0, 0, at.dX, I, at.dW, db, 0, 0, 0, at.scratch, 0, 0);
    k.adam(1, all, all, at.w, at.dW, at.m, at.v, 1e-6, 0.1, 0.001, 1e-7, 1, 0, 0);
  };
  return { kernels: k, run };
}

const head = ['B, T, I, H', 'cell', 'best ms', 'GFLOP/s', 'ceiling', 'share'];

export default async function cellKernel({ wasm, seconds = 4, only } = {}) {
  const { relaxed } = await loadKernels(wasm);
  const rows = [];
  for (const shape of only ? [only] : shapes) {
    const [B, T, I, H] = shape;
    const cases = Object.entries(cells).map(([name, cell]) => ({
      ...stepOf(relaxed, shape, cell),
      ...cell,
      name,
      best: Number.POSITIVE_INFINITY,
    }));
    let peak = 0;
    const end = now() + seconds * 1000;
    for (let round = 0; round < 3 || now() < end; round++) {
      const start = now();
      const flops = cases[0].kernels.ceilingMadd(1_600_000);
      peak = Math.max(peak, flops / (now() - start) / 1e6);
      for (const one of cases) {
        const before = now();
        one.run();
        one.best = Math.min(one.best, now() - before);
      }
    }
    for (const { name, gates, scan, seen = 0, best } of cases) {
      const products = gates * H * (scan ? I : I + H) + seen * H * H;
      const rate = (6 * B * T * products) / best / 1e6;
      const share = `${((100 * rate) / peak).toFixed(1)} %`;
      rows.push([shape.join(', '), name, formatMs(best), rate.toFixed(1), peak.toFixed(1), share]);
    }
  }
  console.log('Training step of each cell on the bare kernels, as a share of the ceiling\n');
  console.log(`${table(head, rows)}\n`);
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { wasm: { type: 'string' }, seconds: { type: 'string' }, shape: { type: 'string' } },
  });
  await cellKernel({
    wasm: values.wasm,
    seconds: values.seconds && Number(values.seconds),
    only: values.shape?.split(',').map(Number),
  });
}
