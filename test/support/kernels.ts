// Loads the built kernel modules for tests and hands out guarded buffers, so that a kernel
// that writes outside of them, or into one that its contract calls read only, is caught.

import { instantiateSync } from '@assemblyscript/loader';
import { relaxed, simd } from '../../build/wasm-bytes.js';
import { writtenArguments } from './written-arguments.js';

/** A module, with the loops for 128 or for 256 bits. */
export type Build = 'simd' | 'relaxed' | 'simd, wide' | 'relaxed, wide';
export const builds: readonly Build[] = ['simd', 'relaxed', 'simd, wide', 'relaxed, wide'];

type Kernel = (...args: number[]) => number;
export type KernelExports = Record<string, Kernel> & { memory: WebAssembly.Memory };

const encoded = { simd, relaxed };
type ModuleName = keyof typeof encoded;
const modules = new Map<ModuleName, WebAssembly.Module>();

/** A fresh instance of a build, with a memory of its own where none is given. */
export function instantiate(build: Build, memory?: WebAssembly.Memory): KernelExports {
  const [name, wide] = build.split(', ') as [ModuleName, 'wide'?];
  let module = modules.get(name);
  if (!module) {
    if (name === 'relaxed') allowRelaxedSimd();
    module = new WebAssembly.Module(Uint8Array.from(atob(encoded[name]), (c) => c.charCodeAt(0)));
    modules.set(name, module);
  }
  const env = { memory: memory ?? new WebAssembly.Memory({ initial: 2 }) };
  const exports = instantiateSync(module, { env }).exports as unknown as KernelExports;
  exports.setWide(wide ? 1 : 0);
  return exports;
}

/** Node 20 knows relaxed SIMD only behind a flag; elsewhere it is on. */
export function allowRelaxedSimd(): void {
  const { process } = globalThis as { process?: NodeJS.Process };
  process?.getBuiltinModule?.('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** Bytes of canary before and after each buffer; a multiple of the alignment. */
const GUARD = 64;
const CANARY = 0xa5;

interface Buffer {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
}

/**
 * A bump allocator over an instance's memory, with canaries around every buffer. A call through
 * `kernels` throws when it changed any buffer but those that it is to write.
 */
export class Arena {
  readonly kernels: KernelExports;
  private top: number;
  private readonly buffers: Buffer[] = [];

  /**
   * Buffers begin at the byte address `base`; tables of constants stand at the bottom. In place of a
   * build, an instance: buffers begin where its memory ends.
   */
  constructor(build: Build | KernelExports, base = 4096) {
    const given = typeof build !== 'string';
    this.kernels = this.guarded(given ? build : instantiate(build));
    this.top = given ? this.kernels.memory.buffer.byteLength : base;
  }

  /** Address of `floats` fresh floats, filled with NaN so that a read before a write shows. */
  alloc(name: string, floats: number): number {
    const at = this.top + GUARD;
    const bytes = floats * 4;
    this.top = Math.ceil((at + bytes + GUARD) / 16) * 16;
    const { memory } = this.kernels;
    const missing = this.top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(memory.buffer).fill(CANARY, at - GUARD, this.top);
    this.floats(at, floats).fill(Number.NaN);
    this.buffers.push({ name, at, bytes });
    return at;
  }

  /** A buffer that holds the given values. */
  put(name: string, values: ArrayLike<number>): number {
    const at = this.alloc(name, values.length);
    this.floats(at, values.length).set(values);
    return at;
  }

  /** A view of floats at an address; do not keep it across alloc. */
  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.kernels.memory.buffer, at, length);
  }

  /** The exports, each function followed by a look at what it had no business with. */
  private guarded(exports: KernelExports): KernelExports {
    const call =
      (name: string) =>
      (...args: number[]) =>
        this.callGuarded(exports, name, args);
    const entries = Object.entries(exports).map(([name, value]) => [
      name,
      typeof value === 'function' && writtenArguments(name) ? call(name) : value,
    ]);
    return Object.fromEntries(entries);
  }

  private callGuarded(exports: KernelExports, name: string, args: number[]): number {
    const written = writtenArguments(name)?.map((index) => args[index]);
    const holds = ({ at, bytes }: Buffer) =>
      written?.some((address) => at <= address && address < at + bytes);
    const bystanders = this.buffers.filter((buffer) => !holds(buffer));
    const before = bystanders.map(({ at, bytes }) =>
      new Uint8Array(exports.memory.buffer, at, bytes).slice(),
    );
    const result = exports[name](...args);
    bystanders.forEach((buffer, n) => {
      const at = firstDifference(before[n], new Uint8Array(exports.memory.buffer, buffer.at));
      if (at < 0) return;
      throw new Error(`${name} changed ${buffer.name}, which it must only read, at byte ${at}`);
    });
    return result;
  }

  /** Names of buffers whose canaries are no longer whole. */
  damaged(): string[] {
    const bytes = new Uint8Array(this.kernels.memory.buffer);
    const whole = (from: number) => bytes.subarray(from, from + GUARD).every((b) => b === CANARY);
    return this.buffers
      .filter(({ at, bytes: n }) => !whole(at - GUARD) || !whole(at + n))
      .map(({ name }) => name);
  }
}

/** Where two runs of bytes first differ over the length of the first, or -1. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const words = a.byteLength >>> 2;
  const [left, right] = [a, b].map(
    ({ buffer, byteOffset }) => new Int32Array(buffer, byteOffset, words),
  );
  for (let n = 0; n < words; n++) if (left[n] !== right[n]) return 4 * n;
  for (let n = 4 * words; n < a.length; n++) if (a[n] !== b[n]) return n;
  return -1;
}

/** Reproducible values in [-scale, scale), exact in float32. */
export function noise(length: number, scale: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

/** Largest absolute difference; NaN anywhere gives NaN. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`);
  let max = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= max)) max = d;
    if (Number.isNaN(max)) return max;
  }
  return max;
}
