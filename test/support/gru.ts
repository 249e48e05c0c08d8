// Runs one GRU layer through the kernels, with buffers in the kernels' layout and values in the public
// one, for comparison with test/reference/gru.ts.
import { ACTIVATIONS, type ActivationName } from '../reference/cell.js';
import type { GruDrops, GruShape, GruWeights } from '../reference/gru.js';
import { pad16 } from './cell.js';
import { Arena, type Build, type KernelExports, noise } from './kernels.js';
import { cutRows, pad4, padRows } from './lstm.js';

export interface GruCase extends GruShape {
  resetAfter: boolean;
  x: Float32Array;
  weights: GruWeights;
  h0: Float32Array;
  /** [T, B, H], or [B, H] with `last`. */
  dOut: Float32Array;
  last?: boolean;
  dhLast?: Float32Array;
  lengths?: readonly number[] | undefined;
  frozen?: boolean;
  /** By default tanh, sigmoid. */
  activation?: ActivationName;
  recurrentActivation?: ActivationName;
  /** There is no bias: that of `weights` is not looked at. */
  noBias?: boolean;
  /** Goes through the kernels that drop. */
  drops?: GruDrops;
}

/** The number by which the kernels know it. */
export function gruKind({
  resetAfter,
  activation,
  recurrentActivation,
  noBias,
  drops,
}: GruCase): number {
  const split = drops?.masks ? 4 : 0;
  const number = (resetAfter ? 1 : 0) | (noBias ? 1 << 18 : 0) | split;
  if (!activation && !recurrentActivation && !split) return number;
  const code = (name: ActivationName) => ACTIVATIONS.indexOf(name);
  return (
    number | 2 | (code(activation ?? 'tanh') << 9) | (code(recurrentActivation ?? 'sigmoid') << 15)
  );
}

/** A reproducible problem of a shape. */
export function gruCase(shape: GruShape, resetAfter: boolean, last = false): GruCase {
  const { B, T, I, H } = shape;
  return {
    ...shape,
    resetAfter,
    last,
    x: noise(T * B * I, 1, 1),
    weights: {
      kernel: noise(I * 3 * H, Math.sqrt(3 / (I + H)), 2),
      recurrent: noise(H * 3 * H, 1 / Math.sqrt(H), 3),
      bias: noise((resetAfter ? 2 : 1) * 3 * H, 0.5, 4),
    },
    h0: noise(B * H, 0.7, 5),
    dOut: noise((last ? 1 : T) * B * H, 1, 7),
    dhLast: noise(B * H, 1, 8),
  };
}

/** One layer's buffers in a guarded memory. */
export class GruRun {
  readonly arena: Arena;
  readonly at: Record<'w' | 'b' | 'xh' | 'saved' | 'rh' | 'scratch' | 'dW' | 'db', number>;
  private readonly problem: GruCase;
  private drops: Record<'masks' | 'masked' | 'keepH', number> | undefined;

  constructor(build: Build | KernelExports, problem: GruCase) {
    this.problem = problem;
    this.arena = new Arena(build);
    const { arena } = this;
    const { kernels } = arena;
    const { B, T, I, H, weights, resetAfter } = problem;
    const after = resetAfter ? 1 : 0;
    const scratch = Math.max(
      kernels.gruForwardScratchFloats(B, H),
      kernels.gruBackwardScratchFloats(B, T, I, H),
    );
    this.at = {
      w: arena.alloc('w', kernels.gruWeightFloats(I, H)),
      b: arena.alloc('b', kernels.gruBiasFloats(H)),
      xh: arena.alloc('xh', kernels.gruXhFloats(B, T, I, H)),
      saved: arena.alloc('saved', kernels.gruSavedFloats(B, T, H)),
      rh: resetAfter ? 0 : arena.alloc('rh', kernels.gruResetFloats(B, T, H, after)),
      scratch: arena.alloc('scratch', scratch),
      dW: arena.alloc('dW', kernels.gruWeightFloats(I, H)),
      db: arena.alloc('db', kernels.gruBiasFloats(H)),
    };
    const public_ = ['kernel', 'recurrent', 'bias'].map((name) =>
      arena.put(name, Float32Array.from(weights[name as keyof GruWeights])),
    );
    const [kernel, recurrent, bias] = public_;
    const biasAt = problem.noBias ? 0 : bias;
    kernels.gruPack(I, H, gruKind(problem), kernel, recurrent, biasAt, this.at.w, this.at.b);
  }

  /** The forward pass, in calls of so many steps. */
  forward(parts: readonly number[] = [this.problem.T]): Float32Array {
    const { B, T, I, H, x, h0 } = this.problem;
    const { arena, at } = this;
    const { kernels } = arena;
    const [Hp, k] = [pad4(H), pad4(I) + pad4(H)];
    const xStride = pad4(I) + 4;
    const xAt = arena.put('x', padRows(x, I, xStride));
    kernels.gruSetState(B, I, H, arena.put('h0', padRows(h0, H, Hp)), Hp, at.xh);
    const saved = kernels.gruSavedFloats(B, 1, H);
    let from = 0;
    for (const steps of parts) {
      const rh = at.rh === 0 ? 0 : at.rh + 4 * from * B * Hp;
      kernels[this.problem.drops ? 'gruForwardDropped' : 'gruForward'](
        ...([
          B,
          steps,
          I,
          H,
          gruKind(this.problem),
          xAt + 4 * from * B * xStride,
          xStride,
        ] as const),
        ...([at.xh + 4 * from * B * k, at.w, at.b, at.saved + 4 * from * saved, rh] as const),
        ...([this.lengths(), from] as const),
        ...this.dropped(from),
        ...([at.scratch, 0, 0] as const),
      );
      from += steps;
    }
    const rows = arena.floats(at.xh, (T + 1) * B * k);
    const h = new Float32Array(T * B * H);
    for (let row = 0; row < T * B; row++) {
      for (let u = 0; u < H; u++) h[row * H + u] = rows[(row + B) * k + pad4(I) + u];
    }
    return h;
  }

  /** The outputs of inference, in stretches of so many steps. */
  infer(parts: readonly number[]): Float32Array {
    const { B, T, I, H, x, h0, drops } = this.problem;
    const { arena, at } = this;
    const { kernels } = arena;
    const [Hp, xStride] = [pad4(H), pad4(I) + 4];
    const xAt = arena.put('x', padRows(x, I, xStride));
    const xh = arena.alloc('state', B * (pad4(I) + Hp));
    const h = arena.alloc('h', T * B * Hp);
    const scratch = arena.alloc('infer', kernels.gruInferScratchFloats(B, H));
    kernels.gruSetState(B, I, H, arena.put('h0', padRows(h0, H, Hp)), Hp, xh);
    let from = 0;
    for (const steps of parts) {
      kernels[drops ? 'gruInferZoned' : 'gruInfer'](
        ...([B, steps, I, H, gruKind(this.problem), xAt + 4 * from * B * xStride] as const),
        ...([xStride, xh, at.w, at.b, h + 4 * from * B * Hp, 1, this.lengths(), from] as const),
        ...(drops ? [drops.rateH ?? 0] : []),
        ...([scratch, 0, 0] as const),
      );
      from += steps;
    }
    return cutRows(arena.floats(h, T * B * Hp).slice(), H, Hp);
  }

  /** masks, masked, keepH as the kernels take them from a time step on; nothing where nothing is dropped. */
  private dropped(from: number): number[] {
    const { B, T, I, H, drops } = this.problem;
    if (!drops) return [];
    const { arena } = this;
    const [k, Hw] = [pad4(I) + pad4(H), pad16(H)];
    if (!this.drops) {
      const { masks, keepH } = drops;
      const rows = new Float32Array(masks ? B * 3 * k : 0).fill(1);
      Array.from(masks ?? []).forEach((value, n) => {
        const [row, column] = [Math.floor(n / (I + H)), n % (I + H)];
        rows[row * k + (column < I ? column : column - I + pad4(I))] = value;
      });
      const kept = keepH && padRows(Float32Array.from(keepH), H, Hw);
      this.drops = {
        masks: masks ? arena.put('masks', rows) : 0,
        masked: masks ? arena.alloc('masked', T * rows.length) : 0,
        keepH: kept ? arena.put('keepH', kept) : 0,
      };
    }
    const { masks, masked, keepH } = this.drops;
    return [masks, masked && masked + 4 * from * B * 3 * k, keepH && keepH + 4 * from * B * Hw];
  }

  /** The backward pass after forward: every gradient, in the public layout. */
  backward() {
    const { B, T, I, H, dOut, last, dhLast, resetAfter, frozen } = this.problem;
    const { arena, at } = this;
    const { kernels } = arena;
    const after = gruKind(this.problem);
    const [Hp, Ip] = [pad4(H), pad4(I)];
    const dhAt = dhLast ? arena.put('dhLast', padRows(dhLast, H, Hp)) : 0;
    const dhFirst = arena.alloc('dhFirst', B * Hp);
    const dX = arena.alloc('dX', T * B * (Ip + 4));
    const dOutAt = arena.put('dOut', padRows(dOut, H, Hp + 4));
    kernels[this.problem.drops ? 'gruBackwardDropped' : 'gruBackward'](
      ...([B, T, I, H, after, at.xh, at.w, at.saved, at.rh, dOutAt, Hp + 4, last ? 1 : 0] as const),
      ...([dhAt, dX, Ip + 4, frozen ? 0 : at.dW, frozen ? 0 : at.db, dhFirst] as const),
      ...([this.lengths(), 0] as const),
      ...this.dropped(0),
      ...(this.problem.drops ? [arena.alloc('aside', kernels.gruDropFloats(B, T, H))] : []),
      ...([at.scratch, 0, 0] as const),
    );
    const sizes = [I * 3 * H, H * 3 * H, (resetAfter ? 2 : 1) * 3 * H];
    const places = sizes.map((size) => arena.alloc('gradient', size));
    kernels.gruUnpack(I, H, after, at.dW, at.db, ...(places as [number, number, number]));
    const [kernel, recurrent, bias] = places.map((place, i) =>
      arena.floats(place, sizes[i]).slice(),
    );
    const rows = arena.floats(dX, T * B * (Ip + 4));
    return {
      kernel,
      recurrent,
      bias,
      dX: cutRows(rows.slice(), I, Ip + 4),
      dh0: cutRows(arena.floats(dhFirst, B * Hp).slice(), H, Hp),
    };
  }

  private lengths(): number {
    const { lengths } = this.problem;
    if (!lengths) return 0;
    const at = this.arena.alloc('lengths', lengths.length);
    new Int32Array(this.arena.kernels.memory.buffer, at, lengths.length).set(lengths);
    return at;
  }
}
