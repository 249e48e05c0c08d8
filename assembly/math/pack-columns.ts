// Packing of a matrix by groups of four columns.

/** x[rows][4 * groups] with rows `stride` bytes apart -> packed [groups][rows][4]. 16-byte aligned. */
export function packColumns(rows: i32, groups: i32, x: usize, stride: usize, packed: usize): void {
  const step = <usize>rows << 4;
  for (let r = 0; r < rows; ++r) {
    let to = packed;
    for (let group = 0; group < groups; ++group) {
      v128.store(to, v128.load(x + (<usize>group << 4)));
      to += step;
    }
    packed += 16;
    x += stride;
  }
}
