// A small training run on the bare kernels, which touches most of them, boiled down to digests.
import { expect } from 'vitest';
import { Arena, type Build } from './kernels.js';

/** FNV-1a over the bytes. */
export function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

/**
 * Twenty steps of a two-layer classifier with dropout; digests of what they leave behind. Buffers
 * begin at the byte address `base`.
 */
export function train(build: Build, base?: number): Record<string, string> {
  const [R, K, H, N] = [21, 13, 19, 5];
  const [Kp, Hp, Np] = [16, 20, 8];
  const arena = new Arena(build, base);
  const k = arena.kernels;
  const zeros = (name: string, n: number) => arena.put(name, new Float32Array(n));
  const parameters = (n: number) => ({
    w: zeros('w', n),
    g: zeros('g', n),
    m: zeros('m', n),
    v: zeros('v', n),
  });
  const first = parameters(Kp * Hp + Hp);
  const second = parameters(Hp * Np + Np);
  const kernel = zeros('kernel', 512);
  const bias = zeros('bias', 32);
  k.glorotUniform(K * H, kernel, K, H, 1, 2, 3, 4);
  k.densePack(K, H, kernel, bias, first.w, first.w + 4 * Kp * Hp);
  k.orthogonal(H, N, kernel, 1, zeros('scratch', k.orthogonalScratchFloats(H, N)), 1, 2, 5, 4);
  k.densePack(H, N, kernel, bias, second.w, second.w + 4 * Hp * Np);
  const x = zeros('x', R * Kp);
  const t = zeros('t', R * Np);
  for (let r = 0; r < R; r++) {
    k.randomNormal(K, x + 4 * r * Kp, 0, 1, 9, 9, r, 0);
    arena.floats(t, R * Np)[r * Np + (r % N)] = 1;
  }
  const [h, dH] = [zeros('h', R * Hp), zeros('dH', R * Hp)];
  const [z, dZ] = [zeros('z', R * Np), zeros('dZ', R * Np)];
  const scratch = zeros('scratch', 4096);
  let loss = 0;
  for (let step = 1; step <= 20; step++) {
    const [w1, b1] = [first.w, first.w + 4 * Kp * Hp];
    const [w2, b2] = [second.w, second.w + 4 * Hp * Np];
    k.denseForward(R, K, H, x, Kp, w1, b1, 1, h, Hp);
    k.dropout(R, H, h, Hp, dH, Hp, 0.1, 1, 1, step, 0);
    k.denseForward(R, H, N, dH, Hp, w2, b2, 0, z, Np);
    loss = k.softmaxCrossEntropy(R, N, z, Np, t, Np, z, Np, dZ, Np);
    // biome-ignore-start format: the kernels' argument lists
    k.denseBackward(
      R,
      H,
      N,
      dH,
      Hp,
      w2,
      z,
      Np,
      dZ,
      Np,
      0,
      h,
      Hp,
      second.g,
      second.g + 4 * Hp * Np,
      scratch,
    );
    k.dropout(R, H, h, Hp, h, Hp, 0.1, 1, 1, step, 0);
    k.denseForward(R, K, H, x, Kp, w1, b1, 1, dH, Hp);
    k.denseBackward(
      R,
      K,
      H,
      x,
      Kp,
      w1,
      dH,
      Hp,
      h,
      Hp,
      1,
      0,
      0,
      first.g,
      first.g + 4 * Kp * Hp,
      scratch,
    );
    // biome-ignore-end format: the kernels' argument lists
    const [n1, n2] = [Kp * Hp + Hp, Hp * Np + Np];
    const norm = k.sumOfSquares(1, n1, n1, first.g) + k.sumOfSquares(1, n2, n2, second.g);
    const scale = Math.min(1, 1 / Math.sqrt(norm));
    k.adam(1, n1, n1, first.w, first.g, first.m, first.v, 0.01, 0.1, 0.001, 1e-7, scale);
    k.sgd(1, n2, n2, second.w, second.g, second.m, 0.1, 0.9, 1, scale);
  }
  expect(arena.damaged()).toEqual([]);
  expect(loss).toBeLessThan(1);
  const bytes = (at: number, n: number) => new Uint8Array(k.memory.buffer, at, 4 * n);
  return {
    first: digest(bytes(first.w, Kp * Hp + Hp)),
    second: digest(bytes(second.w, Hp * Np + Np)),
    loss: digest(new Uint8Array(Float64Array.of(loss).buffer)),
  };
}
