// The typed exports are written from the compiled module: they are what it exports.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { typedExports } from '../../assembly/typed-exports.mjs';
import { instantiateKernels } from '../../src/engine/kernels.js';
import { loadModule } from '../../src/engine/module.js';
import { allowRelaxedSimd, noise } from '../support/kernels.js';

const written = readFileSync(
  new URL('../../src/engine/kernel-exports.ts', import.meta.url),
  'utf8',
);
const functions = [...written.matchAll(/^ {2}(\w+)\((.*)\): (\w+);$/gm)].map(
  ([, name, parameters]) => [name, parameters === '' ? 0 : parameters.split(', ').length] as const,
);
const globals = [...written.matchAll(/^ {2}readonly (\w+): /gm)].map(([, name]) => name);

it.each(['fast', 'portable'] as const)(
  'the module of %s numerics exports what is written, each with so many parameters',
  (numerics) => {
    allowRelaxedSimd();
    const exports = Object.entries(instantiateKernels(loadModule(numerics).module));
    const isFunction = (value: unknown) => typeof value === 'function';
    const found = exports
      .filter(([, value]) => isFunction(value))
      .map(([name, value]) => [name, (value as { length: number }).length]);
    expect(found.sort()).toEqual([...functions].sort());
    const others = exports.filter(([, value]) => !isFunction(value)).map(([name]) => name);
    expect(others.sort()).toEqual([...globals].sort());
  },
);

it('declarations become an interface', () => {
  const text = typedExports(
    'declare namespace __AdaptedExports {\n  export const LANES: {\n    get value(): number\n  };\n' +
      '  /**\n   * math/arrays/fill\n   * @param n `i32`\n   * @param p `usize`\n   */\n' +
      '  export function fill(n: number, p: number): void;\n}\n',
  );
  expect(text).toContain('  readonly LANES: { readonly value: number };\n');
  expect(text).toContain('  /** assembly/math/arrays.ts */\n  fill(n: number, p: number): void;\n');
});

describe('several instances in one memory', () => {
  it('each go on with what the other has begun, to the bit', () => {
    const memory = new WebAssembly.Memory({ initial: 4 });
    const { module } = loadModule('portable');
    const [first, second] = [0, 1].map(() => instantiateKernels(module, memory));
    const alone = instantiateKernels(module);
    expect(first.memory).toBe(memory);
    alone.memory.grow(2);
    const [B, T, I, H] = [3, 4, 4, 8];
    const at = { x: 140_000, w: 150_000, b: 160_000, xh: 170_000, gates: 180_000, c: 200_000 };
    const scratch = 210_016;
    for (const buffer of [memory.buffer, alone.memory.buffer]) {
      const put = (values: Float32Array, to: number) =>
        new Float32Array(buffer, to, values.length).set(values);
      put(noise(T * B * I, 1, 1), at.x);
      put(noise(alone.lstmWeightFloats(I, H), 0.3, 2), at.w);
      put(noise(alone.lstmBiasFloats(H), 0.3, 3), at.b);
    }
    const forward = (kernels: typeof alone, from: number, steps: number) => {
      const xRow = 4 * B * I;
      const row = 4 * B * (I + H);
      kernels.lstmForward(
        B,
        steps,
        I,
        H,
        at.x + from * xRow,
        I,
        at.xh + from * row,
        at.w,
        at.b,
        at.gates + (from * 4 * alone.lstmGatesFloats(B, T, I, H)) / T,
        at.c + from * 4 * B * H,
        0,
        0,
        scratch,
        0,
        0,
      );
    };
    for (const kernels of [first, alone]) kernels.lstmZeroState(B, I, H, at.xh, at.c);
    forward(alone, 0, T);
    forward(first, 0, 2);
    forward(second, 2, 2);
    const end = (buffer: ArrayBuffer) => new Uint8Array(buffer, at.xh, scratch - at.xh).slice();
    expect(end(memory.buffer)).toEqual(end(alone.memory.buffer));
    // and random numbers, which come in fours, are not mixed up
    const draw = (kernels: typeof alone, seed: number, to: number) =>
      kernels.randomUniform(3, to, 0, 1, seed, 0, 0, 0);
    draw(first, 1, at.x);
    draw(second, 2, at.x + 16);
    draw(first, 1, at.x + 32);
    const drawn = new Float32Array(memory.buffer, at.x, 12);
    expect([...drawn.subarray(8, 11)]).toEqual([...drawn.subarray(0, 3)]);
  });
});
