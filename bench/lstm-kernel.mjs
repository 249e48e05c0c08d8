// How much of what one core can do does an LSTM training step reach?
//
// A step is forward, backpropagation through time, dX and the Adam update of one
// layer, straight on the kernels; FLOPs = 6 B T 4H (I + H), the products alone. The
// ceiling is the relaxed build's register-only multiply-add, measured in the same
// process between the steps; best of all repetitions on both sides. Both builds
// are first checked against the float64 twin and against each other.
//
//   node bench/lstm-kernel.mjs [--wasm DIR] [--seconds PER_SHAPE] [--shape B,T,I,H]

import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { LstmStep, loadKernels, loadTwin } from './lstm-step.mjs';
import { formatMs, table, wide } from './measure.mjs';
import { layerFlops } from './workload-list.mjs';

const shapes = [
  [32, 100, 32, 32],
  [32, 100, 64, 64],
  [32, 100, 128, 128],
  [64, 50, 256, 256],
  [16, 200, 512, 512],
];

/** Shares of the fused ceiling that a release must reach, in percent: [relaxed, plain]. */
const marks = new Map([
  ['32,100,32,32', [70, 58]],
  ['32,100,64,64', [78, 63]],
  ['32,100,128,128', [82, 65]],
  ['64,50,256,256', [82, 65]],
  ['16,200,512,512', [76, 60]],
]);

/** The same in 256-bit vectors, of the fused build: shares of the ceiling for those. */
const wideMarks = new Map([
  ['32,100,32,32', [75]],
  ['32,100,64,64', [75]],
  ['32,100,128,128', [85]],
  ['64,50,256,256', [85]],
  ['16,200,512,512', [85]],
]);

const now = () => performance.now();

/** GFLOP/s of the fused multiply-add over about 3 ms. */
function ceiling(kernels) {
  const start = now();
  const flops = kernels.ceilingMadd(1_600_000);
  return flops / (now() - start) / 1e6;
}

function largest(a, b) {
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= max)) max = d;
  }
  return max;
}

/**
 * Throws when a build is off the twin at the layer's width, or off the other build at the
 * full shape. Ten times what rounding and the activations amount to (4e-7 at H = 512).
 */
function check(modules, twin, [B, T, I, H]) {
  const small = { B: Math.min(B, 3), T: Math.min(T, 3), I, H };
  for (const [name, module] of Object.entries(modules)) {
    const worst = new LstmStep(module, small).differenceFrom(twin);
    if (!(worst < 3e-6)) throw new Error(`${name} at ${[B, T, I, H]}: off the twin by ${worst}`);
  }
  const [a, b] = Object.values(modules).map((module) => {
    const step = new LstmStep(module, { B, T, I, H });
    step.gradients();
    return step.results();
  });
  const worst = largest(a, b);
  if (!(worst < 3e-6)) throw new Error(`the builds differ at ${[B, T, I, H]} by ${worst}`);
}

function measure(modules, [B, T, I, H], seconds) {
  const steps = Object.values(modules).map((module) => new LstmStep(module, { B, T, I, H }));
  const fused = steps[0].kernels;
  const best = steps.map(() => Number.POSITIVE_INFINITY);
  let peak = 0;
  const end = now() + seconds * 1000;
  for (let round = 0; round < 3 || now() < end; round++) {
    peak = Math.max(peak, ceiling(fused));
    steps.forEach((step, n) => {
      const start = now();
      step.run();
      best[n] = Math.min(best[n], now() - start);
    });
  }
  return { peak, best };
}

function row([B, T, I, H], name, ms, peak, mark) {
  const rate = layerFlops([B, T, I, H]) / ms / 1e6;
  const share = (100 * rate) / peak;
  return [
    [B, T, I, H].join(', '),
    name,
    formatMs(ms),
    rate.toFixed(1),
    peak.toFixed(1),
    `${share.toFixed(1)} %`,
    mark === undefined ? '' : `${mark} %`,
    mark === undefined ? '' : share >= mark ? 'yes' : 'NO',
  ];
}

const head = ['B, T, I, H', 'build', 'best ms', 'GFLOP/s', 'ceiling', 'share', 'mark', 'reached'];

export default async function lstmKernel({ wasm, seconds = 3, only } = {}) {
  const modules = await loadKernels(wasm);
  const twin = await loadTwin();
  const rows = [];
  for (const shape of only ? [only] : shapes) {
    check(modules, twin, shape);
    const { peak, best } = measure(modules, shape, seconds);
    const mark = (wide ? wideMarks : marks).get(shape.join(',')) ?? [];
    Object.keys(modules).forEach((name, n) => {
      rows.push(row(shape, name, best[n], peak, mark[n]));
    });
  }
  const bits = wide ? 256 : 128;
  console.log(
    `LSTM training step on the bare kernels, shares of the fused ceiling of ${bits} bits\n`,
  );
  console.log(`${table(head, rows)}\n`);
  return rows;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      wasm: { type: 'string' },
      seconds: { type: 'string' },
      shape: { type: 'string' },
    },
  });
  await lstmKernel({
    wasm: values.wasm,
    seconds: values.seconds === undefined ? undefined : Number(values.seconds),
    only: values.shape?.split(',').map(Number),
  });
}
