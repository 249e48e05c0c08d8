// The bare kernels with every buffer past 2 GiB, or past 3: the same bits as at low addresses.
import { describe, expect, it } from 'vitest';
import { digest, train } from '../support/kernel-training.js';
import { Arena, type Build, builds, noise } from '../support/kernels.js';
import { LstmRun, lstmCase, pad4 } from '../support/lstm.js';
import { putMatrix } from '../support/matrix.js';

const GiB = 2 ** 30;

/** Digests of all that a pass over one LSTM layer leaves behind, in training and in inference. */
function lstm(build: Build, base?: number): Record<string, string> {
  const problem = lstmCase({ B: 131, T: 35, I: 9, H: 13 });
  const { B, T, I, H } = problem;
  const run = new LstmRun(build, problem, base);
  run.forward();
  const { arena, at } = run;
  const hp = pad4(H);
  const x = putMatrix(arena, 'x', T * B, I, problem.x);
  const xh = arena.alloc('state xh', B * (pad4(I) + hp));
  const c = arena.alloc('state c', B * hp);
  const h = arena.alloc('h', T * B * hp);
  const scratch = arena.alloc('infer scratch', arena.kernels.lstmInferScratchFloats(B, H));
  arena.kernels.lstmZeroState(B, I, H, xh, c);
  // biome-ignore format: the kernel's argument list
  arena.kernels.lstmInfer(B, T, I, H, x.at, x.stride, xh, at.w, at.b, c, h, 1, 0, 0, scratch);
  const dX = run.backward(true) as Float32Array;
  const parts = { outputs: run.outputs(), dX, ...run.gradients() };
  const inferred = arena.floats(h, T * B * hp).slice();
  expect(arena.damaged()).toEqual([]);
  return Object.fromEntries(
    Object.entries({ ...parts, inferred }).map(([name, values]) => [
      name,
      digest(new Uint8Array(values.buffer as ArrayBuffer)),
    ]),
  );
}

/** What the losses and flat passes that no training run calls give. */
function rest(build: Build, base?: number): unknown[] {
  const arena = new Arena(build, base);
  const { kernels: k } = arena;
  const [R, N] = [33, 7];
  const y = putMatrix(
    arena,
    'y',
    R,
    N,
    noise(R * N, 0.4, 1).map((v) => v + 0.5),
  );
  const t = putMatrix(
    arena,
    't',
    R,
    N,
    noise(R * N, 0.4, 2).map((v) => v + 0.5),
  );
  const g = putMatrix(arena, 'g', R, N);
  const found: unknown[] = [];
  for (const name of ['meanSquaredError', 'categoricalCrossEntropy', 'sparseCrossEntropy']) {
    found.push(k[name](R, N, y.at, y.stride, t.at, t.stride, g.at, g.stride));
    found.push([...arena.floats(g.at, R * g.stride)]);
  }
  k.clampValues(R * g.stride, g.at, 0.01);
  k.scaleValues(R * g.stride - 1, g.at, 0.3);
  found.push(k.largestMagnitude(R * g.stride, g.at), k.sumOfSquares(R, 8, g.stride, g.at));
  const flat = arena.alloc('flat', 103);
  k.randomUniform(103, flat, -1, 1, 1, 2, 3, 4);
  found.push([...arena.floats(flat, 103)]);
  k.philox(1, 2, 3, 4, 5, 6, flat);
  k.fill(51, flat + 4 * 52, 1.5);
  found.push([...arena.floats(flat, 103)]);
  expect(arena.damaged()).toEqual([]);
  return found;
}

describe.each(builds)('the kernels of the %s build past 2 GiB', (build) => {
  const high = 2 * GiB + 4096;

  it('train dense layers with dropout, losses and optimizers', () => {
    expect(train(build, high)).toEqual(train(build));
  });

  it('run an LSTM layer forward, backward and in inference', () => {
    const low = lstm(build);
    expect(lstm(build, high)).toEqual(low);
    // and across the line, somewhere within its buffers
    expect(lstm(build, 2 * GiB - 2 ** 20)).toEqual(low);
    expect(lstm(build, 3 * GiB)).toEqual(low);
  });

  it('do the rest', () => {
    expect(rest(build, high)).toEqual(rest(build));
  });
});
