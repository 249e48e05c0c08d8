// Runs a layer of the cells that share one loop through the kernels, values in the public layout.
import {
  besideCell,
  type CellDropValues,
  type CellShape,
  type CellSpec,
  type CellValues,
  extraRows,
  gateNames,
  hasCell,
  isJordan,
  isRecurrent,
  kindOf,
  outputsOf,
} from '../reference/cell.js';
import { Arena, type Build, type KernelExports, noise } from './kernels.js';
import { cutRows, pad4, padRows } from './lstm.js';

export const pad16 = (n: number) => Math.ceil(n / 16) * 16;

export interface CellCase extends CellShape {
  spec: CellSpec;
  values: CellValues;
  /** [T, B, P], or [B, P] with `last`. */
  dOut: Float64Array;
  last: boolean;
  dhLast: Float64Array;
  dcLast: Float64Array;
  /** [B, 3H] or [B, 2H], or empty. */
  dGatesLast: Float64Array;
  lengths?: readonly number[] | undefined;
  /** Goes through the kernels that drop. */
  drops?: CellDropValues | undefined;
}

/** A reproducible problem; its numbers are float32 ones. */
export function cellCase(
  spec: CellSpec,
  shape: CellShape,
  { last = false, masked = false } = {},
): CellCase {
  const { B, T, I, H } = shape;
  const columns = gateNames(spec).length * H;
  const P = outputsOf(spec, H);
  const wide = (n: number, scale: number, seed: number) => Float64Array.from(noise(n, scale, seed));
  return {
    ...shape,
    spec,
    values: {
      x: wide(T * B * I, 1, 1),
      kernel: wide(I * columns, Math.sqrt(3 / (I + H)), 2),
      recurrent: isRecurrent(spec)
        ? wide((P / (spec.heads ?? 1)) * columns, 1 / Math.sqrt(P), 3)
        : new Float64Array(),
      bias: wide(columns, 0.5, 4),
      extra: wide(extraRows(spec) * H, 0.6, 8),
      gateKernel: wide(spec.gatesSeen ? 9 * H * H : 0, 1 / Math.sqrt(3 * H), 11),
      projection: wide(spec.projection ? H * P : 0, Math.sqrt(3 / H), 14),
      outputBias: wide(isJordan(spec) ? P : 0, 0.5, 15),
      h0: wide(B * P, 0.7, 5),
      c0: wide(B * H, 1, 6),
      // n of an sLSTM is positive
      gates0: wide(B * besideCell(spec) * H, 1, 12).map((v, n) =>
        spec.cell === 'slstm' && n % (2 * H) < H ? Math.fround(1.5 + v) : v,
      ),
    },
    dOut: wide((last ? 1 : T) * B * P, 1, 7),
    last,
    dhLast: wide(B * P, 1, 9),
    dcLast: hasCell(spec) ? wide(B * H, 1, 10) : new Float64Array(B * H),
    dGatesLast: wide(B * besideCell(spec) * H, 1, 13),
    lengths: masked ? Array.from({ length: B }, (_, b) => (b * 7) % (T + 1)) : undefined,
  };
}

/** Factors of which some are 0, and units of which some stay as they are. */
export function dropsOf(spec: CellSpec, { B, T, I, H }: CellShape, kind: string): CellDropValues {
  const some = (n: number, seed: number, value: number) =>
    Float64Array.from(noise(n, 1, seed), (v) => (v < -0.3 ? 0 : value));
  const P = outputsOf(spec, H);
  const masks = some(B * gateNames(spec).length * (I + P), 21, 1.5);
  // the output gate of a peephole sees c of its own step
  const keepC = spec.cell === 'lstm' && !spec.peephole ? some(T * B * H, 23, 1) : undefined;
  const zoneout = { keepH: some(T * B * P, 22, 1), keepC };
  return { ...(kind !== 'zoneout' && { masks }), ...(kind !== 'masks' && zoneout) };
}

const f32 = (values: Float64Array) => Float32Array.from(values);

/**
 * Rows c | i | f | o (c | n | m) of the kernels, each padded: c [B, H] and gates [B, 3H], or c alone; behind it room for what
 * is projected.
 */
function cellRows({ B, H, spec }: CellCase, c: Float64Array, gates: Float64Array): Float32Array {
  const Hw = pad16(H);
  if (spec.projection) return padRows(f32(c), H, hasCell(spec) ? 2 * Hw : Hw);
  const rows = padRows(f32(c), H, Hw);
  if (gates.length === 0) return rows;
  const seen = padRows(f32(gates), H, Hw);
  const beside = (gates.length / (B * H)) * Hw;
  const wide = Hw + beside;
  return Float32Array.from({ length: B * wide }, (_, n) => {
    const [b, column] = [Math.floor(n / wide), n % wide];
    return column < Hw ? rows[b * Hw + column] : seen[b * beside + column - Hw];
  });
}

export class CellRun {
  readonly arena: Arena;
  readonly kind: number;
  readonly at: Record<string, number>;
  /** Columns of h, and those of a row of it. */
  readonly P: number;
  readonly Pw: number;

  constructor(
    where: Build | KernelExports,
    readonly problem: CellCase,
  ) {
    const { B, T, I, H, spec, values, lengths } = problem;
    this.arena = new Arena(where);
    const { arena } = this;
    const { kernels } = arena;
    this.kind = kindOf(spec);
    this.P = outputsOf(spec, H);
    this.Pw = pad16(this.P);
    const { kind, P, Pw } = this;
    const room = (name: string, floats: number) => arena.alloc(name, Math.max(floats, 4));
    const put = (name: string, array: Float32Array) => (array.length ? arena.put(name, array) : 0);
    this.at = {
      xh: room('xh', kernels.cellXhFloats(B, T, I, P)),
      w: room('w', kernels.cellWeightFloats(kind, I, H)),
      b: room('b', kernels.cellBiasFloats(kind, H)),
      saved: room('saved', kernels.cellSavedFloats(kind, B, T, H)),
      c: hasCell(spec) || spec.projection ? room('c', kernels.cellStateFloats(kind, B, T, H)) : 0,
      scratch: room(
        'scratch',
        Math.max(
          8 * kernels.cellForwardScratchFloats(kind, B),
          kernels.cellBackwardScratchFloats(kind, B, T, I, H),
        ),
      ),
      dW: room('dW', kernels.cellWeightFloats(kind, I, H)),
      db: room('db', kernels.cellBiasFloats(kind, H)),
      x: put('x', padRows(f32(values.x), I, pad4(I) + 4)),
      h0: put('h0', padRows(f32(values.h0), P, Pw)),
      c0: put('c0', cellRows(problem, values.c0, values.gates0)),
      kernel: put('kernel', f32(values.kernel)),
      recurrent: put('recurrent', f32(values.recurrent)),
      bias: put('bias', f32(values.bias)),
      extra: put('extra', f32(values.extra)),
      gateKernel: put('gateKernel', f32(values.gateKernel)),
      projection: put('projection', f32(values.projection)),
      outputBias: put('outputBias', f32(values.outputBias)),
      lengths: lengths ? arena.alloc('lengths', B) : 0,
    };
    Object.assign(this.at, this.#dropped());
    if (lengths) new Int32Array(kernels.memory.buffer, this.at.lengths, B).set(lengths);
    const { kernel, recurrent, bias, extra, w, b } = this.at;
    kernels.cellPack(kind, I, H, kernel, recurrent, spec.noBias ? 0 : bias, extra, w, b);
    if (spec.gatesSeen) kernels.cellPackGates(I, H, this.at.gateKernel, w);
    if (spec.projection) {
      const { projection, outputBias } = this.at;
      kernels.cellPackProjection(kind, I, H, projection, spec.noBias ? 0 : outputBias, w, b);
    }
  }

  /** Masks as the kernels take them, and room. */
  #dropped(): Record<string, number> {
    const { B, T, I, H, spec, drops } = this.problem;
    const none = { masks: 0, masked: 0, keepH: 0, keepC: 0, aside: 0 };
    if (!drops) return none;
    const { arena, P, Pw } = this;
    const [Ip, G] = [pad4(I), gateNames(spec).length];
    const keep = (name: string, values: Float64Array | undefined, n: number) =>
      values ? arena.put(name, padRows(f32(values), n, pad16(n))) : 0;
    const { masks } = drops;
    const rows = new Float32Array(masks ? B * G * (Ip + Pw) : 0).fill(1);
    masks?.forEach((value, n) => {
      const [row, column] = [Math.floor(n / (I + P)), n % (I + P)];
      rows[row * (Ip + Pw) + (column < I ? column : column - I + Ip)] = value;
    });
    return {
      masks: masks ? arena.put('masks', rows) : 0,
      masked: masks ? arena.alloc('masked', T * rows.length) : 0,
      keepH: keep('keepH', drops.keepH, P),
      keepC: keep('keepC', drops.keepC, H),
      aside: arena.alloc('aside', arena.kernels.cellDropFloats(B, T, Math.max(H, P))),
    };
  }

  /** masks, masked, keepH, keepC from a time step on. */
  #dropArguments(from: number): number[] {
    const { B, I, H, spec } = this.problem;
    const { masks, masked, keepH, keepC } = this.at;
    const row = gateNames(spec).length * (pad4(I) + this.Pw);
    const later = (at: number, width: number) => at && at + 4 * from * B * width;
    return [masks, later(masked, row), later(keepH, this.Pw), later(keepC, pad16(H))];
  }

  /** Floats of a row of c. */
  get #cStride(): number {
    const { spec, H } = this.problem;
    if (spec.projection) return (hasCell(spec) ? 2 : 1) * pad16(H);
    return (1 + besideCell(spec)) * pad16(H);
  }

  forward(parts: readonly number[] = [this.problem.T]): void {
    const { B, I, H, drops } = this.problem;
    const { kind, at } = this;
    const { kernels } = this.arena;
    const [Pw, Cw, xStride] = [this.Pw, this.#cStride, pad4(I) + 4];
    kernels.cellSetState(kind, B, I, H, at.h0, Pw, at.c0, Cw, at.xh, at.c);
    const saved = kernels.cellSavedFloats(kind, B, 1, H);
    let from = 0;
    for (const steps of parts) {
      kernels[drops ? 'cellForwardDropped' : 'cellForward'](
        ...([kind, B, steps, I, H, at.x + 4 * from * B * xStride, xStride] as const),
        ...([at.xh + 4 * from * B * (pad4(I) + Pw), at.w, at.b] as const),
        ...([at.saved + 4 * from * saved, at.c && at.c + 4 * from * B * Cw] as const),
        ...([at.lengths, from] as const),
        ...(drops ? this.#dropArguments(from) : []),
        ...([at.scratch, 0, 0] as const),
      );
      from += steps;
    }
  }

  /** [T, B, P] of states h. */
  outputs(): Float32Array {
    const { B, T, I } = this.problem;
    const { P } = this;
    const k = pad4(I) + this.Pw;
    const rows = this.arena.floats(this.at.xh + 4 * B * k, T * B * k);
    return Float32Array.from(
      { length: T * B * P },
      (_, n) => rows[Math.floor(n / P) * k + pad4(I) + (n % P)],
    );
  }

  /** [B, H]: c after the last step. */
  lastCell(): Float32Array {
    const { B, T, H } = this.problem;
    const width = this.#cStride;
    return cutRows(this.arena.floats(this.at.c + 4 * T * B * width, B * width), H, width);
  }

  /** Columns of h past P. */
  padding(): number[] {
    const { B, T, I } = this.problem;
    const k = pad4(I) + this.Pw;
    const rows = this.arena.floats(this.at.xh + 4 * B * k, T * B * k);
    return Array.from(rows).filter((_, n) => n % k >= pad4(I) + this.P);
  }

  /** The outputs of inference, in stretches of so many steps. */
  infer(parts: readonly number[]): Float32Array {
    const { B, T, I, H, drops } = this.problem;
    const { kind, at, arena } = this;
    const { kernels } = arena;
    const [Pw, xStride] = [this.Pw, pad4(I) + 4];
    const xh = arena.alloc('state', B * (pad4(I) + Pw));
    const c = at.c && arena.alloc('cell', kernels.cellStateFloats(kind, B, 0, H));
    const h = arena.alloc('h', T * B * Pw);
    kernels.cellSetState(kind, B, I, H, at.h0, Pw, at.c0, this.#cStride, xh, c);
    let from = 0;
    for (const steps of parts) {
      kernels[drops ? 'cellInferZoned' : 'cellInfer'](
        ...([kind, B, steps, I, H, at.x + 4 * from * B * xStride, xStride, xh, at.w] as const),
        ...([at.b, c, h + 4 * from * B * Pw, 1, at.lengths, from] as const),
        ...(drops ? [drops.rateH ?? 0, drops.rateC ?? 0] : []),
        ...([at.scratch, 0, 0] as const),
      );
      from += steps;
    }
    return cutRows(arena.floats(h, T * B * Pw), this.P, Pw);
  }

  backward({ wantDX = true, frozen = false } = {}): Record<string, Float32Array> {
    const { B, T, I, H, spec, dOut, last, dhLast, dcLast, dGatesLast, values } = this.problem;
    const { kind, at, arena } = this;
    const { kernels } = arena;
    const { P, Pw } = this;
    const [Hw, Cw] = [pad16(H), this.#cStride];
    const dOutAt = arena.put('dOut', padRows(f32(dOut), P, pad4(P)));
    const dh = arena.put('dhLast', padRows(f32(dhLast), P, Pw));
    const dc = arena.put('dcLast', cellRows(this.problem, dcLast, dGatesLast));
    const dX = wantDX ? arena.alloc('dX', T * B * (pad4(I) + 4)) : 0;
    const [dhFirst, dcFirst] = [arena.alloc('dhFirst', B * Pw), arena.alloc('dcFirst', B * Cw)];
    const { drops } = this.problem;
    kernels[drops ? 'cellBackwardDropped' : 'cellBackward'](
      ...([kind, B, T, I, H, at.xh, at.w, at.b, at.saved, at.c, dOutAt, pad4(P)] as const),
      ...([last ? 1 : 0, dh, dc, dX, pad4(I) + 4, frozen ? 0 : at.dW, frozen ? 0 : at.db] as const),
      ...([dhFirst, dcFirst, at.lengths, 0] as const),
      ...(drops ? [...this.#dropArguments(0), at.aside] : []),
      ...([at.scratch, 0, 0] as const),
    );
    const found: Record<string, Float32Array> = {
      h0: cutRows(arena.floats(dhFirst, B * Pw), P, Pw),
    };
    if (hasCell(spec)) found.c0 = cutRows(arena.floats(dcFirst, B * Cw), H, Cw);
    const beside = besideCell(spec);
    if (beside) {
      // c, i, f, o of one sample after those of another
      const states = cutRows(arena.floats(dcFirst, B * Cw), H, Hw);
      found.gates0 = states.filter((_, n) => Math.floor(n / H) % (1 + beside) > 0);
    }
    if (wantDX) found.x = cutRows(arena.floats(dX, T * B * (pad4(I) + 4)), I, pad4(I) + 4);
    if (frozen) return found;
    const names = ['kernel', 'recurrent', 'bias', 'extra'] as const;
    const places = names.map((name) =>
      values[name].length ? arena.alloc(`d ${name}`, values[name].length) : 0,
    );
    const [kernel, recurrent, bias, extra] = places;
    kernels.cellUnpack(kind, I, H, at.dW, at.db, kernel, recurrent, bias, extra);
    names.forEach((name, i) => {
      if (places[i]) found[name] = arena.floats(places[i], values[name].length).slice();
    });
    if (spec.projection) {
      const count = values.outputBias.length;
      const projection = arena.alloc('d projection', H * P);
      const outputBias = count ? arena.alloc('d outputBias', count) : 0;
      kernels.cellUnpackProjection(kind, I, H, at.dW, at.db, projection, outputBias);
      found.projection = arena.floats(projection, H * P).slice();
      if (count) found.outputBias = arena.floats(outputBias, count).slice();
    }
    if (spec.gatesSeen) {
      const gateKernel = arena.alloc('d gateKernel', 9 * H * H);
      kernels.cellUnpackGates(I, H, at.dW, gateKernel);
      found.gateKernel = arena.floats(gateKernel, 9 * H * H).slice();
    }
    return found;
  }
}
