// Sums over as many rows as a batch and its time steps have. One float32 chain over n rows is
// off by up to n u (u = 2^-24) of the sum of its terms' sizes, and over equal rows it comes close
// to that. So gradients of weights are summed in three levels:
//
//   block   at most BLOCK_ROWS rows, one chain in the registers of a tile
//   group   GROUP blocks, added up in the array of the result
//   total   the groups, added up in float64 beside it, where there is more than one
//
// which leaves at most (BLOCK_ROWS + GROUP) u = 160 u < 1e-5 whatever the number of rows: 128
// roundings in a block, 31 in a group, 1 when the total becomes float32 (those of float64 vanish).

import { promoteHigh, promoteLow } from "./f64x2";

/** Rows of one block. */
export const BLOCK_ROWS: i32 = 128;
/** Blocks of one group. */
const GROUP: i32 = 32;

/** Floats of the totals beside n sums over that many blocks. */
export function totalFloats(n: f64, blocks: f64): f64 {
  return blocks > <f64>GROUP ? 2 * n : 0;
}

/** Rows in each block but the last when `rows` are cut as evenly as can be. */
export function blockRows(rows: i32): i32 {
  const blocks = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
  return (rows + blocks - 1) / blocks;
}

/** Whether the block after `done` blocks begins a group, so that it overwrites the sums. */
// @ts-ignore: decorator
@inline
export function beginsGroup(done: i32): bool {
  return done % GROUP == 0;
}

/** sums[n] = (first) or += block[n], both float32 and 16-byte aligned; n a multiple of 4. */
export function addBlock(n: i32, block: usize, sums: usize, first: bool): void {
  for (const end = sums + (<usize>n << 2); sums < end; sums += 16, block += 16) {
    const summand = v128.load(block);
    v128.store(sums, first ? summand : f32x4.add(v128.load(sums), summand));
  }
}

/**
 * Where a group has ended with the `done` blocks so far and another block follows: adds
 * sums[n] (float32, n a multiple of 4) to totals[n] (float64), the first group overwriting
 * them. 16-byte aligned, no overlap.
 */
export function keepGroup(done: i32, n: i32, sums: usize, totals: usize): void {
  if (done == 0 || done % GROUP != 0) return;
  const first = done == GROUP;
  for (const end = sums + (<usize>n << 2); sums < end; sums += 16, totals += 32) {
    const group = v128.load(sums);
    const low = promoteLow(group);
    const high = promoteHigh(group);
    v128.store(totals, first ? low : f64x2.add(v128.load(totals), low));
    v128.store(totals, first ? high : f64x2.add(v128.load(totals, 16), high), 16);
  }
}

/** After the last of `done` blocks: sums[n] = totals[n] + sums[n], where there are totals. */
export function closeSums(done: i32, n: i32, sums: usize, totals: usize): void {
  if (done <= GROUP) return;
  for (const end = sums + (<usize>n << 2); sums < end; sums += 16, totals += 32) {
    const group = v128.load(sums);
    const low = f32x4.demote_f64x2_zero(f64x2.add(v128.load(totals), promoteLow(group)));
    const high = f32x4.demote_f64x2_zero(f64x2.add(v128.load(totals, 16), promoteHigh(group)));
    v128.store(sums, v128.shuffle<i64>(low, high, 0, 2));
  }
}
