import { SluiceError } from '../errors.js';
import { MOST_PAGES } from './shared-module.js';

const PAGE = 65536;
/** Pages that a module wants at its start: initialMemory in assembly/asconfig.json. */
const FIRST_PAGES = 2;

/** Whether threads can share memory here: a page must be isolated for that. */
export const hasSharedMemory = (): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false;

/** A memory for a model of its own. @throws RangeError where the runtime has none */
export const freshMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: FIRST_PAGES });

/** A memory that threads share, and where a crew's team stands in it: in the page after the constants. */
export function freshSharedMemory(): { memory: WebAssembly.Memory; team: number } {
  const pages = { initial: FIRST_PAGES + 1, maximum: MOST_PAGES, shared: true };
  return { memory: new WebAssembly.Memory(pages), team: FIRST_PAGES * PAGE };
}

/** What wasm32 can address, less the last page: its end would not fit in 32 bits. */
export const MEMORY_LIMIT = 65535 * PAGE;

/**
 * The linear memory of one kernel instance. Everything from `base` on belongs to the host,
 * which places its regions there; growth happens here and nowhere else, and `floats` and
 * `integers` are rebuilt with it, for a view from before the growth is dead.
 */
export class EngineMemory {
  /** The first byte after the kernels' own constants. */
  readonly base: number;
  /** The whole memory as float32: index = byte address >>> 2. */
  floats: Float32Array;
  /** The same memory as int32. */
  integers: Int32Array;
  readonly #memory: WebAssembly.Memory;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.base = memory.buffer.byteLength;
    this.floats = new Float32Array(memory.buffer);
    this.integers = new Int32Array(memory.buffer);
  }

  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * Makes addresses up to `end` usable; no growth when they are already.
   * @param subject what the memory is for, as it reads after "needs N bytes for".
   * @throws SluiceError 'memory-limit' before anything is allocated.
   */
  reserve(end: number, subject: string): void {
    checkMemory(end, subject);
    const missing = Math.ceil((end - this.bytes) / PAGE);
    if (missing <= 0) return;
    try {
      this.#memory.grow(missing);
    } catch (cause) {
      throw new SluiceError(
        'memory-limit',
        `the runtime refused to grow WebAssembly memory from ${this.bytes} to ${end} bytes for ` +
          `${subject}; free memory (model.dispose()), or use fewer units or a smaller batchSize`,
        { cause },
      );
    }
    this.floats = new Float32Array(this.#memory.buffer);
    this.integers = new Int32Array(this.#memory.buffer);
  }
}

/** Refuses what cannot fit. Sizes are doubles: an absurd one is told, not wrapped around. */
export function checkMemory(bytes: number, subject: string): void {
  if (bytes <= MEMORY_LIMIT) return;
  throw new SluiceError(
    'memory-limit',
    `${subject} needs ${spelled(bytes)}, but WebAssembly memory ends at ${spelled(MEMORY_LIMIT)}; ` +
      'use fewer units, a smaller batchSize or shorter sequences',
  );
}

function spelled(bytes: number): string {
  const gib = bytes / 2 ** 30;
  const rounded = gib >= 1e6 ? gib.toExponential(1) : gib.toFixed(2);
  return `${Math.ceil(bytes)} bytes (${rounded} GiB)`;
}
