// States between the rows in which layers hand them on, [B][>= Hp], and the order in which the
// backward pass keeps their gradients: four units of all rows side by side.

/** to [panels][B][4] = rows of from, fromStride bytes apart; 0 where there is no from. */
export function gatherPanels(B: i32, panels: i32, from: usize, fromStride: usize, to: usize): void {
  if (!from) {
    memory.fill(to, 0, <usize>(panels * B) << 4);
    return;
  }
  for (let p = 0; p < panels; ++p) {
    let row = from + ((<usize>p) << 4);
    for (let b = 0; b < B; ++b, to += 16, row += fromStride) v128.store(to, v128.load(row));
  }
}

/** The way back: rows of to, toStride bytes apart. */
export function scatterPanels(B: i32, panels: i32, from: usize, to: usize, toStride: usize): void {
  for (let p = 0; p < panels; ++p) {
    let row = to + ((<usize>p) << 4);
    for (let b = 0; b < B; ++b, from += 16, row += toStride) v128.store(row, v128.load(from));
  }
}

/** to [panels / 4][B][16], columns past the last panel 0 = rows of from; 0 where there is none. */
export function gatherTiles(B: i32, panels: i32, from: usize, fromStride: usize, to: usize): void {
  memory.fill(to, 0, <usize>(((panels + 3) >> 2) * B) << 6);
  if (!from) return;
  for (let p = 0; p < panels; ++p) {
    let tile = to + ((<usize>((p >> 2) * B)) << 6) + ((<usize>(p & 3)) << 4);
    let row = from + ((<usize>p) << 4);
    for (let b = 0; b < B; ++b, tile += 64, row += fromStride) v128.store(tile, v128.load(row));
  }
}

/** The way back: rows of to, toStride bytes apart. */
export function scatterTiles(B: i32, panels: i32, from: usize, to: usize, toStride: usize): void {
  for (let p = 0; p < panels; ++p) {
    let tile = from + ((<usize>((p >> 2) * B)) << 6) + ((<usize>(p & 3)) << 4);
    let row = to + ((<usize>p) << 4);
    for (let b = 0; b < B; ++b, tile += 64, row += toStride) v128.store(row, v128.load(tile));
  }
}
