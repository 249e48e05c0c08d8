// A small training on the bare kernels whose every bit is known beforehand: what an engine must answer
// before its experimental vectors are trusted.
import type { Kernels } from './kernels.js';
import type { Build } from './module.js';

/** Of `KnownAnswer.run` where the kernels do as they should. The same on every engine. */
export const KNOWN_ANSWERS: Readonly<Record<Build, string>> = {
  simd: '623e0afc',
  'relaxed-simd': '8cfdf65a',
};

/** Rows in tiles of six and four, a row left over, and units that do not fill a panel. */
const [B, T, I, H, OUTPUTS] = [35, 4, 13, 30, 5];
const [Ip, Hp, Op] = [16, 32, 8];

/** An LSTM, a GRU and a dense layer over them, forward, backward and updated. */
export class KnownAnswer {
  readonly #kernels: Kernels;
  readonly #parts: readonly Part[];
  #top: number;

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#top = kernels.memory.buffer.byteLength;
    const room = (floats: number): number => this.#room(floats);
    this.#parts = [lstmAt, gruAt, denseAt].map((make) => make(kernels, room));
    const { buffer } = kernels.memory;
    let seed = 0;
    for (const { inputs } of this.#parts) {
      for (const [at, floats, scale] of inputs) {
        noise(new Float32Array(buffer, at, floats), scale, ++seed);
      }
    }
  }

  /** Runs once, from the same beginning each time. */
  run(): void {
    for (const part of this.#parts) part.run();
  }

  /** FNV-1a over the bits of everything that the last run has left. */
  digest(): string {
    let hash = 0x811c9dc5;
    for (const [at, floats] of this.#parts.flatMap(({ results }) => results)) {
      for (const word of new Int32Array(this.#kernels.memory.buffer, at, floats)) {
        hash = Math.imul(hash ^ word, 0x01000193);
      }
    }
    return (hash >>> 0).toString(16).padStart(8, '0');
  }

  #room(floats: number): number {
    const at = this.#top;
    this.#top = (at + 4 * floats + 63) & ~63;
    const { memory } = this.#kernels;
    const missing = this.#top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    return at;
  }
}

type Room = (floats: number) => number;

interface Part {
  run(): void;
  /** What holds values beforehand, of which size; the run leaves them as they are. */
  readonly inputs: readonly (readonly [at: number, floats: number, scale: number])[];
  /** Addresses and sizes in floats. */
  readonly results: readonly (readonly [at: number, floats: number])[];
}

function lstmAt(k: Kernels, room: Room): Part {
  const [weights, bias] = [k.lstmWeightFloats(I, H), k.lstmBiasFloats(H)];
  const n = weights + bias;
  const [start, w, dW, m, v] = [room(n), room(n), room(n), room(n), room(n)];
  const [b, db] = [w + 4 * weights, dW + 4 * weights];
  const [x, dX] = [room(T * B * Ip), room(T * B * Ip)];
  const xhFloats = k.lstmXhFloats(B, T, I, H);
  const xh = room(xhFloats);
  const gates = room(k.lstmGatesFloats(B, T, I, H));
  const c = room(k.lstmCellFloats(B, T, I, H));
  const dOut = room(T * B * Hp);
  const scratch = room(k.lstmScratchFloats(B, T, I, H));
  return {
    inputs: [
      [start, n, 0.3],
      [x, T * B * Ip, 1.5],
      [dOut, T * B * Hp, 0.1],
    ],
    run() {
      const { buffer } = k.memory;
      new Float32Array(buffer, w, n).set(new Float32Array(buffer, start, n));
      for (const moments of [m, v]) new Float32Array(buffer, moments, n).fill(0);
      // biome-ignore-start format: the argument lists of the contracts
      k.lstmForwardFromZero(B, T, I, H, x, Ip, xh, w, b, gates, c, 0, scratch, 0, 0);
      k.lstmBackward(
        B,
        T,
        I,
        H,
        xh,
        w,
        gates,
        c,
        dOut,
        Hp,
        0,
        0,
        0,
        dX,
        Ip,
        dW,
        db,
        0,
        0,
        0,
        0,
        scratch,
        0,
        0,
      );
      k.adam(1, n, n, w, dW, m, v, 0.01, 0.1, 0.001, 1e-7, 1, 0, 0);
      // biome-ignore-end format: the argument lists of the contracts
    },
    // the inputs of the step after the last are never written
    results: [
      [w, n],
      [v, n],
      [dX, T * B * Ip],
      [xh, xhFloats - B * (Ip + Hp)],
    ],
  };
}

function gruAt(k: Kernels, room: Room): Part {
  const [weights, bias] = [k.gruWeightFloats(I, H), k.gruBiasFloats(H)];
  const [w, dW] = [room(weights), room(weights)];
  const [b, db] = [room(bias), room(bias)];
  const [x, dX] = [room(T * B * Ip), room(T * B * Ip)];
  const xh = room(k.gruXhFloats(B, T, I, H));
  const saved = room(k.gruSavedFloats(B, T, H));
  const dOut = room(T * B * Hp);
  const scratch = room(
    Math.max(k.gruForwardScratchFloats(B, H), k.gruBackwardScratchFloats(B, T, I, H)),
  );
  return {
    inputs: [
      [w, weights, 0.3],
      [b, bias, 0.3],
      [x, T * B * Ip, 1.5],
      [dOut, T * B * Hp, 0.1],
    ],
    run() {
      // biome-ignore-start format: the argument lists of the contracts
      k.gruForwardFromZero(B, T, I, H, 1, x, Ip, xh, w, b, saved, 0, 0, scratch, 0, 0);
      k.gruBackward(
        B,
        T,
        I,
        H,
        1,
        xh,
        w,
        saved,
        0,
        dOut,
        Hp,
        0,
        0,
        dX,
        Ip,
        dW,
        db,
        0,
        0,
        0,
        scratch,
        0,
        0,
      );
      // biome-ignore-end format: the argument lists of the contracts
    },
    results: [
      [dW, weights],
      [db, bias],
      [dX, T * B * Ip],
    ],
  };
}

function denseAt(k: Kernels, room: Room): Part {
  const [w, dW] = [room(Ip * Op + Op), room(Ip * Op + Op)];
  const [b, db] = [w + 4 * Ip * Op, dW + 4 * Ip * Op];
  const [x, dX, y, dY] = [room(B * Ip), room(B * Ip), room(B * Op), room(B * Op)];
  const scratch = room(k.denseScratchFloats(B, I, OUTPUTS));
  return {
    inputs: [
      [w, Ip * Op + Op, 0.5],
      [x, B * Ip, 1.5],
      [dY, B * Op, 0.5],
    ],
    run() {
      // biome-ignore-start format: the argument lists of the contracts
      k.denseForward(B, I, OUTPUTS, x, Ip, w, b, 0, y, Op);
      k.denseBackward(B, I, OUTPUTS, x, Ip, w, y, Op, dY, Op, 0, dX, Ip, dW, db, scratch);
      // biome-ignore-end format: the argument lists of the contracts
    },
    results: [
      [y, B * Op],
      [dX, B * Ip],
      [dW, Ip * Op],
    ],
  };
}

/** Values in [-scale, scale): sums and products that every engine rounds alike. */
function noise(values: Float32Array, scale: number, seed: number): void {
  let state = seed >>> 0;
  for (let n = 0; n < values.length; n++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[n] = (state / 2 ** 31 - 1) * scale;
  }
}
