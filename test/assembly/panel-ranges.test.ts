// A pass shared out over ranges of panels, as threads do it, each part of a step run range by range in
// a shuffled order: the bits of the whole pass. The loops here stand in for those of the threads.
import { describe, expect, it } from 'vitest';
import { GruRun, gruCase } from '../support/gru.js';
import { type Arena, builds } from '../support/kernels.js';
import { LstmRun, lstmCase, pad4, padRows } from '../support/lstm.js';

// at most 128 rows, so that one chunk of steps and one block of sums hold them all
const shapes = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 1, T: 7, I: 3, H: 29 },
  { B: 3, T: 9, I: 5, H: 7 },
  { B: 5, T: 6, I: 19, H: 67 },
  { B: 33, T: 3, I: 17, H: 21 },
];

/** Ranges that cover 0..n, uneven and out of order. */
function ranges(n: number): [from: number, to: number][] {
  const cuts = [...new Set([0, 1, Math.ceil(n / 3), n - 1, n])].filter((c) => c >= 0 && c <= n);
  cuts.sort((a, b) => a - b);
  const found = cuts.slice(1).map((to, i): [number, number] => [cuts[i], to]);
  return found.filter(([from, to]) => to > from).reverse();
}

/** The transposed weights of columns k0..k0+n, as the backward products read them. */
function transposed(w: Float32Array, tiles: number[], k: number, k0: number, n: number) {
  const wide = Math.ceil(n / 16) * 16;
  const out = new Float32Array(tiles.length * 16 * wide);
  tiles.forEach((tile, place) => {
    for (let c = 0; c < n; c++) {
      const block = (c >> 4) * tiles.length * 256;
      for (let j = 0; j < 16; j++) {
        out[block + (place * 16 + j) * 16 + (c & 15)] = w[(tile * k + k0 + c) * 16 + j];
      }
    }
  });
  return out;
}

/** The transpose of rows, as products of weights read it: strides of blockStride. */
function packed(rows: Float32Array, columns: number) {
  const n = rows.length / columns;
  const stride = ((n + 3) & ~3) + 4;
  const out = new Float32Array(columns * stride);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < columns; c++) out[c * stride + r] = rows[r * columns + c];
  }
  return out;
}

const bits = (arena: Arena, at: number, floats: number) =>
  Array.from(new Int32Array(arena.kernels.memory.buffer, at, floats));

const cases = builds.flatMap((build) => shapes.map((shape) => [build, shape] as const));

describe('ranges of panels', () => {
  it.each(cases)('lstm, %s build: %o', (build, shape) => {
    const { B, T, I, H } = shape;
    const [Hp, Ip] = [pad4(H), pad4(I)];
    const k = Ip + Hp;
    const panels = Hp / 4;
    const problem = lstmCase(shape);
    const whole = new LstmRun(build, problem);
    whole.forward();
    whole.backward(true);
    const part = new LstmRun(build, problem);
    part.forward();
    const { arena, at } = part;
    const { kernels } = arena;

    // forward: over what the whole pass left, its state of the beginning and its inputs stand there
    const gatesFloats = kernels.lstmGatesFloats(B, T, I, H);
    arena.floats(at.gates, gatesFloats).fill(Number.NaN);
    arena.floats(at.c + 4 * B * Hp, T * B * Hp).fill(Number.NaN);
    const xh = arena.floats(at.xh, (T + 1) * B * k);
    for (let row = B; row < (T + 1) * B; row++) xh.fill(Number.NaN, row * k + Ip, (row + 1) * k);
    for (let t = 0; t < T; t++) {
      for (const [p0, p1] of ranges(panels)) {
        kernels.lstmStep(
          ...([B, I, H, p0, p1, at.xh + 4 * t * B * k, at.w, at.b] as const),
          ...([at.gates + 80 * t * panels * B, 80 * B] as const),
          ...([at.c + 4 * t * B * Hp, at.c + 4 * (t + 1) * B * Hp] as const),
          ...([at.xh + 4 * ((t + 1) * B * k + Ip), 4 * k, at.scratch] as const),
        );
      }
    }
    const w = arena.floats(at.w, kernels.lstmWeightFloats(I, H)).slice();
    const tiles = Array.from({ length: panels }, (_, p) => p);
    const wh = arena.put('wh', transposed(w, tiles, k, Ip, Hp));
    const wx = arena.put('wx', transposed(w, tiles, k, 0, Ip));
    const wideH = Math.ceil(Hp / 16);
    const wideX = Math.ceil(Ip / 16);
    const rows = T * B;
    const dOut = arena.put('dOut', padRows(problem.dOut, H, Hp));
    const dh = arena.put('dh', new Float32Array(wideH * B * 16));
    const dc = arena.put('dc', new Float32Array(B * Hp));
    const panelStep = rows * 64;
    const d = arena.alloc('d', panels * rows * 16);
    const sums = arena.put('sums', new Float32Array(4 * Hp));
    for (let t = T - 1; t >= 0; t--) {
      const row = d + 64 * t * B;
      for (const [p0, p1] of ranges(panels)) {
        kernels.lstmStepBackward(
          ...([
            B,
            B,
            Hp,
            p0,
            p1,
            at.gates + 80 * t * panels * B,
            at.c + 4 * t * B * Hp,
            dc,
          ] as const),
          ...([dOut + 4 * t * B * Hp, 4 * Hp, 16, dh, row, panelStep, sums] as const),
        );
      }
      for (const [n0, n1] of ranges(wideH)) {
        kernels.lstmGradientProduct(B, panels, row, panelStep, wh, n0, n1, dh, 64, 64 * B);
      }
    }
    const xhT = arena.put('xhT', packed(arena.floats(at.xh, rows * k).slice(), k));
    for (const [p0, p1] of ranges(panels)) {
      kernels.lstmWeightGradients(rows, k, p0, p1, xhT, d, panelStep, at.dW, 1);
    }
    const dX = arena.alloc('dX', rows * wideX * 16);
    for (const [n0, n1] of ranges(wideX)) {
      kernels.lstmGradientProduct(rows, panels, d, panelStep, wx, n0, n1, dX, wideX * 64, 64);
    }
    expect(arena.damaged()).toEqual([]);
    const sameBits = (place: 'gates' | 'c' | 'dW', floats: number) =>
      expect(bits(arena, at[place], floats)).toEqual(bits(whole.arena, whole.at[place], floats));
    sameBits('gates', gatesFloats);
    sameBits('c', (T + 1) * B * Hp);
    sameBits('dW', kernels.lstmWeightFloats(I, H));
    expect(part.outputs()).toEqual(whole.outputs());
    expect(bits(arena, sums, 4 * Hp)).toEqual(bits(whole.arena, whole.at.db, 4 * Hp));
    const again = whole.backward(true) as Float32Array;
    const found = arena.floats(dX, rows * wideX * 16);
    for (let row = 0; row < rows; row++) {
      const one = found.slice(row * wideX * 16, row * wideX * 16 + Ip);
      expect(one).toEqual(again.slice(row * Ip, (row + 1) * Ip));
    }
  });

  const both = cases.flatMap(([build, shape]) =>
    [true, false].map((after) => [build, after ? 'after' : 'before', shape] as const),
  );
  it.each(both)('gru, %s build, reset %s: %o', (build, reset, shape) => {
    const { B, T, I, H } = shape;
    const resetAfter = reset === 'after';
    const [Hp, Ip] = [pad4(H), pad4(I)];
    const k = Ip + Hp;
    const panels = Hp / 4;
    const groups = Math.ceil(H / 16);
    const { dhLast: _, ...problem } = gruCase(shape, resetAfter);
    const whole = new GruRun(build, problem);
    whole.forward();
    const expected = whole.backward();
    const part = new GruRun(build, problem);
    part.forward();
    const { arena, at } = part;
    const { kernels } = arena;

    const savedFloats = kernels.gruSavedFloats(B, T, H);
    const savedStep = 4 * kernels.gruSavedFloats(B, 1, H);
    arena.floats(at.saved, savedFloats).fill(0);
    const xh = arena.floats(at.xh, (T + 1) * B * k);
    for (let row = B; row < (T + 1) * B; row++) xh.fill(Number.NaN, row * k + Ip, (row + 1) * k);
    for (let t = 0; t < T; t++) {
      const step = at.xh + 4 * t * B * k;
      const saved = at.saved + t * savedStep;
      const rh = resetAfter ? 0 : at.rh + 4 * t * B * Hp;
      const h = at.xh + 4 * ((t + 1) * B * k + Ip);
      for (const [g0, g1] of ranges(groups)) {
        kernels.gruStepGates(
          ...([B, I, H, g0, g1, step, at.w, at.b, saved, rh, h, 4 * k, at.scratch] as const),
        );
      }
      for (const [g0, g1] of resetAfter ? [] : ranges(groups)) {
        kernels.gruStepCandidates(
          ...([B, I, H, g0, g1, step, at.w, saved, rh, h, 4 * k, at.scratch] as const),
        );
      }
    }
    const w = arena.floats(at.w, kernels.gruWeightFloats(I, H)).slice();
    const gates = Array.from({ length: groups }, (_, g) => [3 * g, 3 * g + 1]).flat();
    const candidates = Array.from({ length: groups }, (_, g) => 3 * g + 2);
    const wh = arena.put('wh', transposed(w, [...gates, ...candidates], k, Ip, Hp));
    const wx = arena.put('wx', transposed(w, [...candidates, ...gates], k, 0, Ip));
    const wideX = Math.ceil(Ip / 16);
    const rows = T * B;
    const tileStep = rows * 64;
    const tiles = new Float32Array(groups * B * 16);
    const dOut = arena.put('dOut', padRows(problem.dOut, H, Hp));
    const [dh, dRh] = ['dh', 'dRh'].map((name) => arena.put(name, tiles));
    const d = arena.put('d', new Float32Array(4 * groups * rows * 16));
    const sums = arena.alloc('sums', 16);
    for (let t = T - 1; t >= 0; t--) {
      const row = d + 64 * t * B;
      const saved = at.saved + t * savedStep;
      const h = at.xh + 4 * (t * B * k + Ip);
      for (const [p0, p1] of ranges(panels)) {
        kernels.gruStepBackward(
          ...([B, groups, p0, p1, resetAfter ? 1 : 0, saved, h, 4 * k] as const),
          ...([dOut + 4 * t * B * Hp, 4 * Hp, 16, dh, row, tileStep] as const),
        );
      }
      if (!resetAfter) {
        const tail = wh + 4 * 32 * groups * 16;
        for (const [n0, n1] of ranges(groups)) {
          kernels.gruGradientProduct(
            ...([B, groups, row, tileStep, tail, groups, n0, n1, dRh, 64, 64 * B, 0] as const),
          );
        }
        for (const [p0, p1] of ranges(panels)) {
          kernels.gruStepResetBackward(
            ...([B, groups, p0, p1, saved, h, 4 * k, dRh, dh, row, tileStep] as const),
          );
        }
      }
      const seen = row + groups * tileStep;
      const many = resetAfter ? 3 * groups : 2 * groups;
      for (const [n0, n1] of ranges(groups)) {
        kernels.gruGradientProduct(
          ...([B, many, seen, tileStep, wh, groups, n0, n1, dh, 64, 64 * B, 1] as const),
        );
      }
    }
    const xhT = arena.put('xhT', packed(arena.floats(at.xh, rows * k).slice(), k));
    const rhT = resetAfter
      ? 0
      : arena.put('rhT', packed(arena.floats(at.rh, rows * Hp).slice(), Hp));
    for (const [g0, g1] of ranges(groups)) {
      kernels.gruWeightGradients(
        ...([rows, Ip, Hp, groups, g0, g1, xhT, rhT, d, tileStep, at.dW, 1] as const),
      );
      kernels.gruBiasGradients(
        ...([rows, groups, g0, g1, resetAfter ? 1 : 0, d, tileStep, sums, at.db, 1] as const),
      );
    }
    const dX = arena.alloc('dX', rows * wideX * 16);
    for (const [n0, n1] of ranges(wideX)) {
      kernels.gruGradientProduct(
        ...([rows, 3 * groups, d, tileStep, wx, groups, n0, n1, dX, wideX * 64, 64, 0] as const),
      );
    }
    expect(arena.damaged()).toEqual([]);
    const outputs = (run: GruRun) => bits(run.arena, run.at.xh, (T + 1) * B * k).slice(0, -k);
    // the x-part of the last rows is nobody's
    expect(outputs(part).slice(0, T * B * k)).toEqual(outputs(whole).slice(0, T * B * k));
    for (const [place, floats] of [
      ['dW', kernels.gruWeightFloats(I, H)],
      ['db', kernels.gruBiasFloats(H)],
    ] as const) {
      expect(bits(arena, at[place], floats)).toEqual(bits(whole.arena, whole.at[place], floats));
    }
    const found = arena.floats(dX, rows * wideX * 16);
    for (let row = 0; row < rows; row++) {
      const one = found.slice(row * wideX * 16, row * wideX * 16 + I);
      expect(one).toEqual(expected.dX.slice(row * I, (row + 1) * I));
    }
  });
});
