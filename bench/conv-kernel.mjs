// How much of what one core can do does a training step of a convolution reach, forward and backward with dX? As lstm-kernel.mjs asks
// of the LSTM. FLOPs = 6 B O K C N / G, the products alone, O = T - (K - 1) d steps out. test/assembly holds the kernels against their twin.
//
//   node bench/conv-kernel.mjs [--wasm DIR] [--seconds PER_SHAPE]

import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { instantiateSync } from '@assemblyscript/loader';
import { loadKernels } from './lstm-step.mjs';
import { formatMs, table, wide } from './measure.mjs';

const usual = { B: 32, T: 100, K: 5, d: 1, S: 1, G: 1 };
const shapes = [
  { ...usual, C: 3, N: 16 },
  { ...usual, C: 16, N: 32 },
  { ...usual, C: 64, N: 64 },
  { ...usual, C: 128, N: 128, K: 3 },
  { ...usual, C: 64, N: 64, K: 3, d: 8 },
  { ...usual, C: 64, N: 64, S: 2 },
  { ...usual, B: 1, T: 400, C: 64, N: 64 },
  { ...usual, C: 64, N: 64, G: 4 },
];
const now = () => performance.now();
const outOf = ({ T, K, d, S }) => Math.floor((T - (K - 1) * d - 1) / S) + 1;

/** One layer's buffers, and its steps. */
function stepOf(module, shape) {
  const { B, T, C, K, S, d, N, G } = shape;
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
  const O = outOf(shape);
  const [Cp, Np] = [(C + 3) & ~3, (N + 3) & ~3];
  const floats = k.convWeightFloats(K, C, N, G);
  const biases = k.convBiasFloats(N, G);
  const at = {
    w: room(floats, 1 / Math.sqrt(K * C)),
    b: room(biases, 0.1),
    dW: room(floats, 0),
    db: room(biases, 0),
    x: room(T * B * Cp, C === Cp ? 1 : 0),
    y: room(O * B * Np, 0),
    dY: room(O * B * Np, N === Np ? 0.01 : 0),
    dX: room(T * B * Cp, 0),
    scratch: room(
      Math.max(
        k.convScratchFloats(O * B, N, G),
        k.convBackwardScratchFloats(T * B, O * B, C, K, N, G),
      ),
      0,
    ),
  };
  const sizes = [B, T, O, C, K, S, d, 0, N, G];
  const linear = k.ACT_LINEAR.value;
  const backward = (dX, dW) =>
    k.convBackward(
      ...sizes,
      ...[at.x, Cp, at.w, at.y, Np, at.dY, Np, linear, dX, Cp, dW, dW && at.db, at.scratch],
    );
  return {
    kernels: k,
    flops: (2 * B * O * K * C * N) / G,
    passes: {
      forward: () =>
        k.convForward(...sizes, ...[at.x, Cp, at.w, at.b, linear, at.y, Np, at.scratch]),
      dX: () => backward(at.dX, 0),
      dW: () => backward(0, at.dW),
    },
  };
}

const head = ['B, T, C, K, N', 'step ms', 'GFLOP/s', 'ceiling', 'share', 'forward', 'dX', 'dW'];

export default async function convKernel({ wasm, seconds = 2 } = {}) {
  const { relaxed } = await loadKernels(wasm);
  const rows = [];
  for (const shape of shapes) {
    const { kernels, flops, passes } = stepOf(relaxed, shape);
    const best = { forward: Infinity, dX: Infinity, dW: Infinity };
    let peak = 0;
    const end = now() + seconds * 1000;
    for (let round = 0; round < 3 || now() < end; round++) {
      const start = now();
      peak = Math.max(peak, kernels.ceilingMadd(1_600_000) / (now() - start) / 1e6);
      for (const [name, run] of Object.entries(passes)) {
        const before = now();
        run();
        best[name] = Math.min(best[name], now() - before);
      }
    }
    const step = best.forward + best.dX + best.dW;
    const rate = (3 * flops) / step / 1e6;
    const share = (ms, products) => `${((100 * products) / ms / 1e6 / peak).toFixed(1)} %`;
    const more = Object.entries({ d: 1, S: 1, G: 1 }).filter(([name, one]) => shape[name] !== one);
    const { B, T, C, K, N } = shape;
    rows.push([
      [B, T, C, K, N, ...more.map(([name]) => `${name} ${shape[name]}`)].join(', '),
      ...[formatMs(step), rate.toFixed(1), peak.toFixed(1), share(step, 3 * flops)],
      ...Object.values(best).map((ms) => share(ms, flops)),
    ]);
  }
  console.log('Training step of a convolution on the bare kernels, as a share of the ceiling\n');
  console.log(`${table(head, rows)}\n`);
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { wasm: { type: 'string' }, seconds: { type: 'string' } },
  });
  await convKernel({ wasm: values.wasm, seconds: values.seconds && Number(values.seconds) });
}
