/**
 * A seed for the trial's own randomness: a bijective hash of its number (the finalizer of
 * MurmurHash3, public domain, Austin Appleby), so that no two trials share one and neither the
 * machine nor the number of workers matters. An unsigned 32-bit integer.
 */
export function trialSeed(trial: number): number {
  let h = (trial + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
