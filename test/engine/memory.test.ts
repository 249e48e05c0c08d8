import { describe, expect, it } from 'vitest';
import { checkMemory, EngineMemory, MEMORY_LIMIT } from '../../src/engine/memory.js';
import { expectError } from '../support/errors.js';

const PAGE = 65536;

describe('EngineMemory', () => {
  it('leaves the bytes of the kernels alone and grows in whole pages', () => {
    const memory = new EngineMemory(new WebAssembly.Memory({ initial: 2 }));
    expect(memory.base).toBe(2 * PAGE);
    memory.reserve(2 * PAGE + 1, 'a test');
    expect(memory.bytes).toBe(3 * PAGE);
    expect(memory.floats.length * 4).toBe(3 * PAGE);
  });

  it('keeps its view while nothing grows, and renews it when something does', () => {
    const memory = new EngineMemory(new WebAssembly.Memory({ initial: 1 }));
    memory.reserve(2 * PAGE, 'a test');
    const { floats } = memory;
    floats[PAGE / 4] = 7;
    memory.reserve(2 * PAGE, 'a test');
    expect(memory.floats).toBe(floats);
    memory.reserve(3 * PAGE, 'a test');
    expect(memory.floats === floats).toBe(false);
    expect(floats.length).toBe(0);
    expect(memory.floats[PAGE / 4]).toBe(7);
  });

  it('names need and limit before it allocates anything', async () => {
    const memory = new EngineMemory(new WebAssembly.Memory({ initial: 1 }));
    await expectError(
      () => memory.reserve(MEMORY_LIMIT + 1, 'a giant'),
      'memory-limit',
      /a giant needs 4294901761 bytes/,
      /ends at 4294901760 bytes/,
    );
    expect(memory.bytes).toBe(PAGE);
    await expectError(() => checkMemory(1e300, 'x'), 'memory-limit', '1e+300 bytes');
  });

  it('says so when the runtime refuses to grow', async () => {
    const memory = new EngineMemory(new WebAssembly.Memory({ initial: 1, maximum: 2 }));
    await expectError(
      () => memory.reserve(3 * PAGE, 'a test'),
      'memory-limit',
      'refused to grow',
      '196608 bytes for a test',
    );
  });
});
