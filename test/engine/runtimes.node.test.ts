// Runtimes that lack something, played in Node: vitest can import a module afresh there only.
import { setFlagsFromString } from 'node:v8';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const fresh = () => import('../../src/engine/module.js');

it('tells in one error that SIMD is missing', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  const { loadModule } = await fresh();
  for (const numerics of ['fast', 'portable'] as const) {
    expect(() => loadModule(numerics)).toThrow(
      expect.objectContaining({
        name: 'SluiceError',
        code: 'unsupported',
        message: expect.stringMatching(/WebAssembly with SIMD.*Node 20\.19/),
      }),
    );
  }
});

it('takes the plain build where relaxed SIMD is missing', async () => {
  const { wasmBytes } = await import('../../src/engine/features.js');
  const plain = wasmBytes('simd');
  vi.spyOn(WebAssembly, 'validate').mockImplementation((bytes) => bytes === plain);
  const { loadModule } = await fresh();
  expect(loadModule('fast').build).toBe('simd');
});

it('tells how to allow Wasm where a policy forbids it', async () => {
  vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
    throw new WebAssembly.CompileError('blocked by CSP');
  });
  const { loadModule } = await fresh();
  expect(() => loadModule('portable')).toThrow(/blocked by CSP.*wasm-unsafe-eval/);
});

it('answers without WebAssembly too', async () => {
  const { features } = await import('../../src/engine/features.js');
  const kept = globalThis.WebAssembly;
  try {
    Reflect.deleteProperty(globalThis, 'WebAssembly');
    expect(features()).toEqual({ simd: false, relaxedSimd: false, wide: false });
    const { loadModule } = await fresh();
    expect(() => loadModule('fast')).toThrow(/SIMD/);
  } finally {
    globalThis.WebAssembly = kept;
  }
});

it('asks the runtime once, and answers alike from then on', async () => {
  const { features } = await import('../../src/engine/features.js');
  const validate = vi.spyOn(WebAssembly, 'validate');
  const { loadModule } = await fresh();
  for (let round = 0; round < 3; round++) {
    loadModule('fast');
    loadModule('portable');
    expect(features()).toBe(features());
  }
  expect(validate).toHaveBeenCalledTimes(2);
});

it('runs the relaxed build on Node 20 where the flag was set first', async () => {
  const { loadModule } = await fresh();
  const { features } = await import('../../src/engine/features.js');
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  expect(features().relaxedSimd).toBe(true);
  expect(loadModule('fast').build).toBe('relaxed-simd');
  expect(loadModule('portable').build).toBe('simd');
});
