// Runs one LSTM layer through the kernels, with buffers in the kernels' layout and
// values in the public one, for comparison with test/reference/lstm.ts.

import type { LstmShape, LstmWeights } from '../reference/lstm.js';
import { Arena, type Build, type KernelExports, noise } from './kernels.js';

export const pad4 = (n: number) => Math.ceil(n / 4) * 4;

export interface LstmCase extends LstmShape {
  x: Float32Array;
  weights: LstmWeights;
  h0: Float32Array;
  c0: Float32Array;
  /** [T, B, H], or [B, H] with `last`. */
  dOut: Float32Array;
  last: boolean;
  /** What is asked of the last state, [B, H] each. */
  dhLast?: Float32Array;
  dcLast?: Float32Array;
  /** Steps of each sample; the others are masked. */
  lengths?: readonly number[] | undefined;
  /** No gradients of the weights. */
  frozen?: boolean;
}

/** A reproducible problem of a shape; a state of its own only where `state` says so. */
export function lstmCase(shape: LstmShape, { last = false, state = true } = {}): LstmCase {
  const { B, T, I, H } = shape;
  const scale = 1 / Math.sqrt(H);
  return {
    ...shape,
    x: noise(T * B * I, 1, 1),
    weights: {
      kernel: noise(I * 4 * H, Math.sqrt(3 / (I + H)), 2),
      recurrent: noise(H * 4 * H, scale, 3),
      bias: noise(4 * H, 0.5, 4),
    },
    h0: noise(B * H, state ? 0.7 : 0, 5),
    c0: noise(B * H, state ? 1 : 0, 6),
    dOut: noise((last ? 1 : T) * B * H, 1, 7),
    last,
  };
}

/** Rows of `columns` values, put into rows of `stride` floats with zeros behind. */
export function padRows(values: ArrayLike<number>, columns: number, stride: number): Float32Array {
  const rows = values.length / columns;
  const padded = new Float32Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; j++) padded[r * stride + j] = values[r * columns + j];
  }
  return padded;
}

/** The first `columns` of rows of `stride` floats. */
export function cutRows(values: Float32Array, columns: number, stride: number): Float32Array {
  const rows = Math.floor(values.length / stride);
  return Float32Array.from(
    { length: rows * columns },
    (_, n) => values[Math.floor(n / columns) * stride + (n % columns)],
  );
}

/** One layer's buffers in a guarded memory. */
export class LstmRun {
  readonly arena: Arena;
  readonly at: Record<'w' | 'b' | 'xh' | 'gates' | 'c' | 'scratch' | 'dW' | 'db', number>;
  private problem: LstmCase;
  private readonly placed = new Map<string, number>();
  private firsts: number[] = [];

  /** Buffers begin at the byte address `base`. */
  constructor(build: Build | KernelExports, problem: LstmCase, base?: number) {
    this.problem = problem;
    this.arena = new Arena(build, base);
    const { arena } = this;
    const { kernels } = arena;
    const { B, T, I, H, weights } = problem;
    const room = (name: string, size: number) => arena.alloc(name, size);
    this.at = {
      w: room('w', kernels.lstmWeightFloats(I, H)),
      b: room('b', kernels.lstmBiasFloats(H)),
      xh: room('xh', kernels.lstmXhFloats(B, T, I, H)),
      gates: room('gates', kernels.lstmGatesFloats(B, T, I, H)),
      c: room('c', kernels.lstmCellFloats(B, T, I, H)),
      scratch: room('scratch', kernels.lstmScratchFloats(B, T, I, H)),
      dW: room('dW', kernels.lstmWeightFloats(I, H)),
      db: room('db', kernels.lstmBiasFloats(H)),
    };
    const kernel = arena.put('kernel', weights.kernel);
    const recurrent = arena.put('recurrent', weights.recurrent);
    const bias = arena.put('bias', weights.bias);
    kernels.lstmPack(I, H, kernel, recurrent, bias, this.at.w, this.at.b);
  }

  /** Takes other values of the same sizes for the next pass. */
  replace(values: Partial<LstmCase>): void {
    this.problem = { ...this.problem, ...values };
  }

  /** The values in a buffer of that name, made at the first call. */
  private place(name: string, values: Float32Array): number {
    const key = `${name} ${values.length}`;
    const at = this.placed.get(key) ?? this.arena.alloc(name, values.length);
    this.placed.set(key, at);
    this.arena.floats(at, values.length).set(values);
    return at;
  }

  /** Runs the forward pass; x stands in rows of `xStride` floats. */
  forward(xStride = pad4(this.problem.I)): void {
    this.forwardInParts([this.problem.T], xStride);
  }

  /** The same, in calls of so many steps, each going on where the one before has ended. */
  forwardInParts(parts: readonly number[], xStride = pad4(this.problem.I)): void {
    const { B, I, H, x, h0, c0 } = this.problem;
    const { arena, at } = this;
    const { kernels } = arena;
    const [Hp, k] = [pad4(H), pad4(I) + pad4(H)];
    const xAt = this.place('x', padRows(x, I, xStride));
    const h = this.place('h0', padRows(h0, H, Hp));
    const c = this.place('c0', padRows(c0, H, Hp));
    kernels.lstmSetState(B, I, H, h, Hp, c, Hp, at.xh, at.c);
    const gates = kernels.lstmGatesFloats(B, 1, I, H);
    let from = 0;
    for (const steps of parts) {
      kernels.lstmForward(
        ...([B, steps, I, H, xAt + 4 * from * B * xStride, xStride] as const),
        ...([at.xh + 4 * from * B * k, at.w, at.b, at.gates + 4 * from * gates] as const),
        ...([at.c + 4 * from * B * Hp, this.lengths(), from, at.scratch, 0, 0] as const),
      );
      from += steps;
    }
  }

  /** Runs the forward pass without a past, over whatever stands in the state. */
  forwardFromZero(): void {
    const { B, T, I, H, x } = this.problem;
    const { arena, at } = this;
    const { kernels } = arena;
    const xAt = this.place('x', padRows(x, I, pad4(I)));
    arena.floats(at.xh, B * (pad4(I) + pad4(H))).fill(7);
    arena.floats(at.c, B * pad4(H)).fill(7);
    kernels.lstmForwardFromZero(
      ...([
        B,
        T,
        I,
        H,
        xAt,
        pad4(I),
        at.xh,
        at.w,
        at.b,
        at.gates,
        at.c,
        this.lengths(),
        at.scratch,
        0,
        0,
      ] as const),
    );
  }

  /** The [T, B, Hp] outputs, padding included, in rows of Hp. */
  outputs(): Float32Array {
    const { B, T, I, H } = this.problem;
    const k = pad4(I) + pad4(H);
    const view = this.arena.floats(this.at.xh + 4 * (B * k + pad4(I)), (T * B - 1) * k + pad4(H));
    return Float32Array.from(
      { length: T * B * pad4(H) },
      (_, n) => view[Math.floor(n / pad4(H)) * k + (n % pad4(H))],
    );
  }

  /** Runs the backward pass; returns dX [T * B, dXStride] or nothing when it is not wanted. */
  backward(wantDX: boolean, dXStride = pad4(this.problem.I)): Float32Array | undefined {
    const { B, T, I, H, dOut, last, dhLast, dcLast, frozen } = this.problem;
    const { arena, at } = this;
    const dOutStride = pad4(H) + 4;
    const dOutAt = this.place('dOut', padRows(dOut, H, dOutStride));
    const state = (name: string, values: Float32Array | undefined) =>
      values ? this.place(name, padRows(values, H, pad4(H))) : 0;
    const asks = dhLast !== undefined || dcLast !== undefined;
    const [dhFirst, dcFirst] = ['dhFirst', 'dcFirst'].map((name) =>
      asks ? this.place(name, new Float32Array(B * pad4(H)).fill(Number.NaN)) : 0,
    );
    this.firsts = [dhFirst, dcFirst];
    const dX = wantDX ? arena.alloc('dX', T * B * dXStride) : 0;
    arena.kernels.lstmBackward(
      B,
      T,
      I,
      H,
      at.xh,
      at.w,
      at.gates,
      at.c,
      dOutAt,
      dOutStride,
      last ? 1 : 0,
      state('dhLast', dhLast),
      state('dcLast', dcLast),
      dX,
      dXStride,
      frozen ? 0 : at.dW,
      frozen ? 0 : at.db,
      dhFirst,
      dcFirst,
      this.lengths(),
      0,
      at.scratch,
      0,
      0,
    );
    return wantDX ? arena.floats(dX, T * B * dXStride).slice() : undefined;
  }

  /** Gradients of the initial state [B, H], where the last one was asked for. */
  stateGradients(): { dh0: Float32Array; dc0: Float32Array } {
    const { B, H } = this.problem;
    const [dh0, dc0] = this.firsts.map((at) =>
      cutRows(this.arena.floats(at, B * pad4(H)).slice(), H, pad4(H)),
    );
    return { dh0, dc0 };
  }

  /** Where the lengths stand; 0 where there are none. */
  lengths(): number {
    const { lengths } = this.problem;
    if (!lengths) return 0;
    const at = this.place('lengths', new Float32Array(lengths.length));
    new Int32Array(this.arena.kernels.memory.buffer, at, lengths.length).set(lengths);
    return at;
  }

  /** Weight gradients in the public layout. */
  gradients(): { kernel: Float32Array; recurrent: Float32Array; bias: Float32Array } {
    const { I, H } = this.problem;
    const { arena, at } = this;
    const sizes = { kernel: I * 4 * H, recurrent: H * 4 * H, bias: 4 * H };
    const room = (name: string, size: number) => this.place(name, new Float32Array(size));
    const kernel = room('dKernel', sizes.kernel);
    const recurrent = room('dRecurrent', sizes.recurrent);
    const bias = room('dBias', sizes.bias);
    arena.kernels.lstmUnpack(I, H, at.dW, at.db, kernel, recurrent, bias);
    return {
      kernel: arena.floats(kernel, sizes.kernel).slice(),
      recurrent: arena.floats(recurrent, sizes.recurrent).slice(),
      bias: arena.floats(bias, sizes.bias).slice(),
    };
  }
}
