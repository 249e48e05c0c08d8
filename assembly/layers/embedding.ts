import { pad4 } from "../math/vector";
import { touchRow } from "../math/chosen-rows";

/**
 * y = rows of a table: y[r] = table[ids[r]].
 *
 * ids [R] int32 from 0 up to, not including, the rows of the table: who calls has checked them; only read.
 * table [V][pad4(D)], padding 0: only read. y [R][yStride]: columns 0..pad4(D) written. table and y 16-byte
 * aligned, yStride in floats, a multiple of 4; none may overlap.
 */
export function embeddingForward(R: i32, D: i32, ids: usize, table: usize, y: usize, yStride: i32): void {
  const bytes = <usize>pad4(D) << 2;
  for (let r = 0; r < R; ++r, y += <usize>yStride << 2) {
    memory.copy(y, table + <usize>load<i32>(ids + (<usize>r << 2)) * bytes, bytes);
  }
}

/**
 * dTable[ids[r]] += dY[r], for r from 0 up: rows that nobody names are neither read nor written.
 *
 * ids as above. dY [R][dYStride], padding 0: only read. dTable [V][pad4(D)]: 0 in all rows that `record` does not
 * name. record: see math/chosen-rows.ts; rows are added to it. Sums are f32, in the order of r.
 */
export function embeddingBackward(
  R: i32, D: i32, V: i32, ids: usize, dY: usize, dYStride: i32, dTable: usize, record: usize,
): void {
  const bytes = <usize>pad4(D) << 2;
  for (let r = 0; r < R; ++r, dY += <usize>dYStride << 2) {
    const row = load<i32>(ids + (<usize>r << 2));
    touchRow(V, record, row);
    const to = dTable + <usize>row * bytes;
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(dY + at)));
    }
  }
}
