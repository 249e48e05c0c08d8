import { describe, expect, it } from 'vitest';
import { features } from '../../src/engine/features.js';
import { instantiateKernels, padded } from '../../src/engine/kernels.js';
import { loadModule } from '../../src/engine/module.js';

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
});

it('pads to the lanes that the module names', () => {
  const kernels = instantiateKernels(loadModule('portable').module);
  expect([1, 4, 5, 8].map((n) => padded(kernels, n))).toEqual([4, 4, 8, 8]);
});
