import { afterEach, describe, expect, it, vi } from 'vitest';
import { features } from '../../src/engine/features.js';
import { instantiateKernels, padded } from '../../src/engine/kernels.js';
import { loadModule } from '../../src/engine/module.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

describe('loadModule', () => {
  it('compiles once and shares the module', () => {
    expect(loadModule('portable')).toBe(loadModule('portable'));
    expect(loadModule('fast').module).toBe(loadModule('fast').module);
  });

  it('takes the plain build for portable numerics, the relaxed one where it runs for fast', () => {
    expect(loadModule('portable').build).toBe('simd');
    expect(loadModule('fast').build).toBe(features().relaxedSimd ? 'relaxed-simd' : 'simd');
  });

  it('gives every instance a memory of its own', () => {
    const { module } = loadModule('portable');
    const a = instantiateKernels(module);
    const b = instantiateKernels(module);
    expect(a.memory).not.toBe(b.memory);
    a.fill(4, 65536, 3);
    expect(new Float32Array(b.memory.buffer, 65536, 4)).toEqual(new Float32Array(4));
  });

  it('tells in one error that SIMD is missing', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    const fresh = await import('../../src/engine/module.js');
    const error = await import('../../src/errors.js');
    let thrown: unknown;
    try {
      fresh.loadModule('fast');
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBeInstanceOf(error.SluiceError);
    expect(thrown).toMatchObject({ code: 'unsupported' });
    expect(String(thrown)).toMatch(/SIMD.*Node 20\.19/);
  });

  it('tells how to allow Wasm where a policy forbids it', async () => {
    vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
      throw new WebAssembly.CompileError('blocked by CSP');
    });
    const fresh = await import('../../src/engine/module.js');
    expect(() => fresh.loadModule('portable')).toThrow(/blocked by CSP.*wasm-unsafe-eval/);
  });
});

describe('features', () => {
  it('answers without WebAssembly too', async () => {
    const kept = globalThis.WebAssembly;
    try {
      Reflect.deleteProperty(globalThis, 'WebAssembly');
      expect(features()).toEqual({ simd: false, relaxedSimd: false });
      await import('../../src/engine/module.js').then(({ loadModule: fresh }) =>
        expect(() => fresh('fast')).toThrow(/SIMD/),
      );
    } finally {
      globalThis.WebAssembly = kept;
    }
  });
});

it('pads to the lanes that the module names', () => {
  const kernels = instantiateKernels(loadModule('portable').module);
  expect([1, 4, 5, 8].map((n) => padded(kernels, n))).toEqual([4, 4, 8, 8]);
});
