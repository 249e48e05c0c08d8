// One LSTM layer on the bare kernels: buffers, a training step, and the comparison
// with the float64 twin that comes before every timing.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { instantiateSync } from '@assemblyscript/loader';
import { build } from 'esbuild';
import { allowRelaxedSimd, wide } from './measure.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Both builds, the relaxed one first, compiled from `folder`. */
export async function loadKernels(folder = `${root}build`) {
  allowRelaxedSimd();
  const compile = async (file) => new WebAssembly.Module(await readFile(`${folder}/${file}`));
  return {
    relaxed: await compile('sluice-relaxed.wasm'),
    plain: await compile('sluice.wasm'),
  };
}

/** test/reference/lstm.ts, which Node 20 cannot import by itself. */
export async function loadTwin() {
  const { outputFiles } = await build({
    entryPoints: [`${root}test/reference/lstm.ts`],
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

/** Values in [-scale, scale), the same in every run. */
function noise(length, scale, seed) {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

export class LstmStep {
  /** `shape` is { B, T, I, H }; I and H multiples of 4, as the benchmarks have them. */
  constructor(module, { B, T, I, H }) {
    this.shape = { B, T, I, H };
    this.kernels = instantiateSync(module, {
      env: { memory: new WebAssembly.Memory({ initial: 2 }) },
    }).exports;
    const { kernels } = this;
    kernels.setWide?.(wide);
    this.top = 4096;
    const weights = kernels.lstmWeightFloats(I, H);
    const bias = kernels.lstmBiasFloats(H);
    // gradients and moments run over w and b in one go: b stands right behind w
    const parameters = weights + bias;
    this.sizes = { weights, bias, parameters };
    this.at = {
      w: this.room(parameters),
      dW: this.room(parameters),
      m: this.room(parameters),
      v: this.room(parameters),
      x: this.room(T * B * I),
      xh: this.room(kernels.lstmXhFloats(B, T, I, H)),
      gates: this.room(kernels.lstmGatesFloats(B, T, I, H)),
      c: this.room(kernels.lstmCellFloats(B, T, I, H)),
      dOut: this.room(T * B * H),
      dX: this.room(T * B * I),
      scratch: this.room(kernels.lstmScratchFloats(B, T, I, H)),
      kernel: this.room(I * 4 * H),
      recurrent: this.room(H * 4 * H),
      bias: this.room(4 * H),
    };
    this.values = {
      x: noise(T * B * I, 1, 1),
      kernel: noise(I * 4 * H, Math.sqrt(3 / (I + H)), 2),
      recurrent: noise(H * 4 * H, 1 / Math.sqrt(H), 3),
      bias: noise(4 * H, 0.5, 4),
      dOut: noise(T * B * H, 0.01, 5),
    };
    for (const name of Object.keys(this.values)) {
      this.floats(this.at[name], this.values[name].length).set(this.values[name]);
    }
    const { at } = this;
    kernels.lstmPack(I, H, at.kernel, at.recurrent, at.bias, at.w, at.w + 4 * weights);
  }

  room(floats) {
    const at = this.top;
    this.top = (at + floats * 4 + 63) & ~63;
    const { memory } = this.kernels;
    const missing = this.top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    return at;
  }

  floats(at, length) {
    return new Float32Array(this.kernels.memory.buffer, at, length);
  }

  /** Forward and backward. */
  gradients() {
    const { kernels: k, at, sizes } = this;
    const { B, T, I, H } = this.shape;
    const b = at.w + 4 * sizes.weights;
    const db = at.dW + 4 * sizes.weights;
    // biome-ignore format: the argument list of the contract
    k.lstmForwardFromZero(B, T, I, H, at.x, I, at.xh, at.w, b, at.gates, at.c, 0, at.scratch);
    // biome-ignore format: the argument list of the contract
    k.lstmBackward(B, T, I, H, at.xh, at.w, at.gates, at.c, at.dOut, H, 0, 0, 0, at.dX, I, at.dW, db, 0, 0, 0, 0, at.scratch);
  }

  /** One training step. */
  run() {
    this.gradients();
    const { kernels, at, sizes } = this;
    const n = sizes.parameters;
    kernels.adam(1, n, n, at.w, at.dW, at.m, at.v, 1e-6, 0.1, 0.001, 1e-7, 1);
  }

  /** Gradients of the weights followed by dX. */
  results() {
    const { B, T, I } = this.shape;
    const gradient = this.floats(this.at.dW, this.sizes.parameters);
    const dX = this.floats(this.at.dX, T * B * I);
    const all = new Float32Array(gradient.length + dX.length);
    all.set(gradient);
    all.set(dX, gradient.length);
    return all;
  }

  /** Largest difference from the twin in h, dX and every gradient. */
  differenceFrom(twin) {
    const { shape, values, at, sizes } = this;
    const { B, T, I, H } = shape;
    this.gradients();
    const zeros = new Float64Array(B * H);
    const trace = twin.lstmForward(shape, values.x, values, zeros, zeros);
    const expected = twin.lstmBackward(shape, values.x, values, trace, values.dOut);
    const db = at.dW + 4 * sizes.weights;
    this.kernels.lstmUnpack(I, H, at.dW, db, at.kernel, at.recurrent, at.bias);
    const h = Float32Array.from({ length: T * B * H }, (_, n) => {
      const row = this.floats(at.xh + 4 * ((Math.floor(n / H) + B) * (I + H) + I), H);
      return row[n % H];
    });
    const pairs = [
      [h, trace.h.subarray(B * H)],
      [this.floats(at.dX, T * B * I), expected.dX],
      [this.floats(at.kernel, I * 4 * H), expected.kernel],
      [this.floats(at.recurrent, H * 4 * H), expected.recurrent],
      [this.floats(at.bias, 4 * H), expected.bias],
    ];
    let worst = 0;
    for (const [found, wanted] of pairs) {
      for (let i = 0; i < wanted.length; i++) {
        const d = Math.abs(found[i] - wanted[i]);
        if (!(d <= worst)) worst = d;
      }
    }
    return worst;
  }
}
