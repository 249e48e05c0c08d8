// Inference against the forward pass of training, which has the float64 twin as its oracle: the
// same sums in the same order, so the same bits.
import { describe, expect, it } from 'vitest';
import { Arena, builds, firstDifference } from '../support/kernels.js';
import { type LstmCase, LstmRun, lstmCase, pad4, padRows } from '../support/lstm.js';

const shapes = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 1, T: 9, I: 5, H: 7 },
  { B: 2, T: 6, I: 3, H: 9 },
  { B: 7, T: 11, I: 6, H: 18 },
  { B: 131, T: 5, I: 9, H: 33 },
  { B: 33, T: 5, I: 2, H: 1 },
  { B: 2, T: 3, I: 5, H: 517 },
  { B: 521, T: 2, I: 521, H: 3 },
].map((shape) => [`B ${shape.B}, T ${shape.T}, I ${shape.I}, H ${shape.H}`, shape] as const);

/** Of every kind: samples without a step, and whole ones. */
const lengthsOf = ({ B, T }: { B: number; T: number }) =>
  Array.from({ length: B }, (_, b) => (b * 7 + 2) % (T + 1));

/** The outputs [T, B, Hp], or [B, Hp] without sequences, of extents of `steps` time steps. */
function infer(run: LstmRun, problem: LstmCase, steps: number, sequences: boolean): Float32Array {
  const { B, T, I, H, x, h0, c0 } = problem;
  const { arena, at } = run;
  const { kernels: k } = arena;
  const [ip, hp] = [pad4(I), pad4(H)];
  const stride = ip + 4;
  const input = arena.put('x', padRows(x, I, stride));
  const xh = arena.alloc('state xh', B * (ip + hp));
  const c = arena.alloc('state c', B * hp);
  k.lstmZeroState(B, I, H, xh, c);
  const rows = arena.floats(xh, B * (ip + hp));
  for (let n = 0; n < B * H; n++) rows[Math.floor(n / H) * (ip + hp) + ip + (n % H)] = h0[n];
  arena.floats(c, B * hp).set(padRows(c0, H, hp));
  const h = arena.alloc('h', (sequences ? T : 1) * B * hp);
  const scratch = arena.alloc('scratch', k.lstmInferScratchFloats(B, H));
  for (let t = 0; t < T; t += steps) {
    const n = Math.min(steps, T - t);
    const from = input + 4 * t * B * stride;
    const to = h + (sequences ? 4 * t * B * hp : 0);
    // biome-ignore format: the kernel's argument list
    k.lstmInfer(B, n, I, H, from, stride, xh, at.w, at.b, c, to, Number(sequences), run.lengths(), t, scratch);
  }
  expect(arena.damaged()).toEqual([]);
  return arena.floats(h, (sequences ? T : 1) * B * hp).slice();
}

describe.each(builds)('lstm inference, %s build', (build) => {
  const cases = [undefined, (shape: { B: number; T: number }) => lengthsOf(shape)].flatMap((of) =>
    shapes.map(
      ([name, shape]) => [of ? `${name}, with lengths` : name, shape, of?.(shape)] as const,
    ),
  );
  it.each(cases)(
    'gives the bits of the forward pass, in one extent or in many: %s',
    (_, shape, lengths) => {
      const problem = { ...lstmCase(shape), lengths };
      const run = new LstmRun(build, problem);
      run.forward();
      const all = run.outputs();
      const last = all.slice(all.length - shape.B * pad4(shape.H));
      for (const steps of new Set([1, 2, shape.T])) {
        for (const [sequences, expected] of [
          [true, all],
          [false, last],
        ] as const) {
          const found = infer(run, problem, steps, sequences);
          expect(found.length).toBe(expected.length);
          const [a, b] = [expected, found].map(
            ({ buffer }) => new Uint8Array(buffer as ArrayBuffer),
          );
          expect(firstDifference(a, b), `extents of ${steps}`).toBe(-1);
        }
      }
    },
  );

  it('needs no more scratch for fewer rows', () => {
    const { lstmInferScratchFloats } = new Arena(build).kernels;
    for (const H of [1, 5, 517]) {
      for (let B = 2; B < 300; B++) {
        expect(lstmInferScratchFloats(B, H)).toBeGreaterThanOrEqual(
          lstmInferScratchFloats(B - 1, H),
        );
      }
    }
    expect(lstmInferScratchFloats(1e9, 1)).toBe(40e9);
  });
});
