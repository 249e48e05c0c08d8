// What the benchmarks divide by a time, counted a second way: the products of a step by watching
// the float64 twins read their factors, the ceiling by reading the code that was compiled.
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { describe, expect, it } from 'vitest';
import * as dense from '../reference/dense.js';
import * as lstm from '../reference/lstm.js';
import { instantiate, noise } from '../support/kernels.js';

const assembly = fileURLToPath(new URL('../../assembly', import.meta.url));
const bench = new URL('../../bench/workload-list.mjs', import.meta.url).href;
const { layerFlops, usefulFlops } = await import(/* @vite-ignore */ bench);

/** Counts every element that is read of the arrays it wraps: each is a factor of one product. */
class Count {
  products = 0;
  of<T extends ArrayLike<number>>(values: T): T {
    return new Proxy(values, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) this.products++;
        return target[key as keyof T];
      },
    });
  }
}

/** Multiply-adds of one LSTM layer: forward, dW and dh, and where it is wanted dX. */
function lstmProducts([B, T, I, H]: readonly number[], wantDX: boolean): number {
  const shape = { B, T, I, H };
  const count = new Count();
  const x = noise(B * T * I, 1, 1);
  const plain = {
    kernel: noise(I * 4 * H, 1, 2),
    recurrent: noise(H * 4 * H, 1, 3),
    bias: noise(4 * H, 1, 4),
  };
  const counted = {
    ...plain,
    kernel: count.of(plain.kernel),
    recurrent: count.of(plain.recurrent),
  };
  const zeros = new Float64Array(B * H);
  const trace = lstm.lstmForward(shape, x, counted, zeros, zeros);
  const weights = wantDX ? counted : { ...counted, kernel: plain.kernel };
  const factors = { ...trace, h: count.of(trace.h) };
  lstm.lstmBackward(shape, count.of(x), weights, factors, noise(B * T * H, 1, 5));
  return count.products;
}

/** Multiply-adds of a dense layer on R rows: forward, dW and dX. */
function denseProducts(R: number, K: number, N: number): number {
  const count = new Count();
  const [x, dY] = [noise(R * K, 1, 1), noise(R * N, 1, 4)];
  const kernel = count.of(noise(K * N, 1, 2));
  const y = dense.denseForward({ R, K, N }, 'linear', x, kernel, noise(N, 1, 3));
  dense.denseBackward({ R, K, N }, 'linear', count.of(x), kernel, y, dY);
  return count.products;
}

describe('the products of a training step', () => {
  it.each([[[1, 1, 1, 1]], [[2, 3, 5, 4]], [[3, 2, 1, 7]], [[1, 5, 8, 2]]])(
    'of one layer are those that the twin does: B, T, I, H = %j',
    (shape) => {
      expect(layerFlops(shape)).toBe(2 * lstmProducts(shape, true));
    },
  );

  it.each([
    { B: 2, T: 3, I: 5, lstm: [4], outputs: 1 },
    { B: 3, T: 2, I: 1, lstm: [4, 7], outputs: 3 },
    { B: 1, T: 4, I: 6, lstm: [3, 2, 5], outputs: 2 },
  ])('of a workload are those that the twins do: %j', ({ B, T, I, lstm: units, outputs }) => {
    const inputs = [I, ...units];
    const layers = units.map((H, i) => lstmProducts([B, T, inputs[i], H], i > 0));
    const products = layers.reduce((a, b) => a + b) + denseProducts(B, units.at(-1) ?? 0, outputs);
    expect(usefulFlops({ B, T, I, lstm: units, outputs })).toBe(2 * products);
  });
});

/** The kernel of the ceiling alone, compiled as the package is, as WebAssembly text. */
async function ceilingText(target: string): Promise<string> {
  let text = '';
  const { error } = await asc.main(
    [
      'math/ceiling.ts',
      '--baseDir',
      assembly,
      '--config',
      'asconfig.json',
      '--target',
      target,
    ].concat(['--textFile', 'ceiling.wat', '--outFile', 'ceiling.wasm']),
    {
      writeFile: (name, contents) => {
        if (name.endsWith('.wat')) text = contents.toString();
      },
    },
  );
  if (error) throw error;
  return text;
}

/** The instructions of the only loop of a text, which is indented by its blocks. */
function loopOf(text: string): string[] {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, n) => (/^ *loop /.test(line) ? [n] : []));
  expect(starts).toHaveLength(1);
  const indent = lines[starts[0]].search(/\S/);
  const end = lines.findIndex((line, n) => n > starts[0] && line.search(/\S/) === indent);
  expect(lines[end].trim()).toBe('end');
  return lines.slice(starts[0] + 1, end).map((line) => line.trim());
}

describe('the operations of the ceiling', () => {
  const cases = [
    ['simd', 'release'],
    ['relaxed', 'relaxed'],
  ] as const;
  it.each(cases)(
    'are those of the vector instructions in its loop, %s build',
    async (build, target) => {
      const loop = loopOf(await ceilingText(target));
      const found = (name: string) => loop.filter((line) => line === `f32x4.${name}`).length;
      // four lanes, and two operations where product and sum are one instruction
      const flops = 4 * (found('mul') + found('add') + 2 * found('relaxed_madd'));
      expect(flops).toBeGreaterThan(0);
      // one round a turn: the only sum of integers is the counter's, and it adds one
      const counter = loop.indexOf('i32.add');
      expect(loop.lastIndexOf('i32.add')).toBe(counter);
      expect(loop[counter - 1]).toBe('i32.const 1');
      const { ceilingMadd } = instantiate(build);
      expect(ceilingMadd(1000) - ceilingMadd(0)).toBe(1000 * flops);
    },
  );
});
