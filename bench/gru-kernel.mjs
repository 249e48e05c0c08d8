// How much of what one core can do does a GRU training step reach? As lstm-kernel.mjs asks of the
// LSTM, for both reset orders; FLOPs = 6 B T 3H (I + H), the products alone. test/assembly holds the
// kernels against their float64 twin.
//
//   node bench/gru-kernel.mjs [--wasm DIR] [--seconds PER_SHAPE] [--shape B,T,I,H]

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
  [16, 200, 512, 512],
];
const now = () => performance.now();

/** One layer's buffers; its step is forward, backward with dX, and Adam. */
function stepOf(module, [B, T, I, H], after) {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const k = instantiateSync(module, { env: { memory } }).instance.exports;
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
    rh: room(k.gruResetFloats(B, T, H, after), 0),
    dOut: room(T * B * H, 0.01),
    dX: room(T * B * I, 0),
    scratch: room(scratch, 0),
  };
  const [b, db] = [at.w + 4 * weights, at.dW + 4 * weights];
  const run = () => {
    // biome-ignore format: the argument lists of the contracts
    k.gruForwardFromZero(B, T, I, H, after, at.x, I, at.xh, at.w, b, at.saved, at.rh, 0, at.scratch);
    // biome-ignore format: the argument lists of the contracts
    k.gruBackward(B, T, I, H, after, at.xh, at.w, at.saved, at.rh, at.dOut, H, 0, 0, at.dX, I, at.dW, db, 0, 0, 0, at.scratch);
    k.adam(1, all, all, at.w, at.dW, at.m, at.v, 1e-6, 0.1, 0.001, 1e-7, 1);
  };
  return { kernels: k, run };
}

const head = ['B, T, I, H', 'reset', 'build', 'best ms', 'GFLOP/s', 'ceiling', 'share'];

export default async function gruKernel({ wasm, seconds = 3, only } = {}) {
  const modules = await loadKernels(wasm);
  const rows = [];
  for (const shape of only ? [only] : shapes) {
    const [B, T, I, H] = shape;
    const cases = [1, 0].flatMap((after) =>
      Object.entries(modules).map(([build, module]) => ({
        ...stepOf(module, shape, after),
        name: [after ? 'after' : 'before', build],
        best: Number.POSITIVE_INFINITY,
      })),
    );
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
    for (const { name, best } of cases) {
      const rate = (6 * B * T * 3 * H * (I + H)) / best / 1e6;
      const share = `${((100 * rate) / peak).toFixed(1)} %`;
      rows.push([
        shape.join(', '),
        ...name,
        formatMs(best),
        rate.toFixed(1),
        peak.toFixed(1),
        share,
      ]);
    }
  }
  console.log('GRU training step on the bare kernels, as a share of the fused ceiling\n');
  console.log(`${table(head, rows)}\n`);
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { wasm: { type: 'string' }, seconds: { type: 'string' }, shape: { type: 'string' } },
  });
  await gruKernel({
    wasm: values.wasm,
    seconds: values.seconds && Number(values.seconds),
    only: values.shape?.split(',').map(Number),
  });
}
