// Dropout and zoneout within a recurrence. Masks of dropout are rows of factors, one for each gate of a sample and
// the same at all time steps (Gal and Ghahramani 2016): 0, or 1 / (1 - rate). Those of zoneout are numbers for each
// unit of a sample and time step: where they are 0 the unit keeps what it had (Krueger et al. 2017).

/** out[r][g] = xh[r] * masks[r][g]: rows of `bytes` bytes, g of each after the other in masks and out. */
export function dropRows(gates: i32, rows: i32, bytes: usize, xh: usize, masks: usize, out: usize): void {
  for (let r = 0; r < rows; ++r, xh += bytes) {
    for (let g = 0; g < gates; ++g, masks += bytes, out += bytes) {
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(out + at, f32x4.mul(v128.load(xh + at), v128.load(masks + at)));
      }
    }
  }
}

/**
 * to[r][16] = (add: to[r] +) product[r][16] * mask of sample (first + r) mod B, whose rows are maskStride bytes apart;
 * mask at the columns' first one of sample 0.
 */
export function dropProduct(
  rows: i32, first: i32, B: i32, product: usize, mask: usize, maskStride: usize, to: usize,
  toStride: usize, add: bool,
): void {
  let b = first % B;
  for (let r = 0; r < rows; ++r, product += 64, to += toStride) {
    const factors = mask + <usize>b * maskStride;
    for (let at: usize = 0; at < 64; at += 16) {
      const value = f32x4.mul(v128.load(product + at), v128.load(factors + at));
      v128.store(to + at, add ? f32x4.add(v128.load(to + at), value) : value);
    }
    if (++b == B) b = 0;
  }
}

/** to = before where keep is 0: rows of `columns` floats, a multiple of 4. */
export function zoneRows(
  rows: i32, columns: i32, keep: usize, keepStride: usize, before: usize, beforeStride: usize, to: usize,
  toStride: usize,
): void {
  const bytes = <usize>columns << 2;
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const kept = f32x4.eq(v128.load(keep + at), f32x4.splat(0));
      v128.store(to + at, v128.bitselect(v128.load(before + at), v128.load(to + at), kept));
    }
    keep += keepStride;
    before += beforeStride;
    to += toStride;
  }
}

/** to = rate * before + (1 - rate) * to: what zoneRows gives on average. */
export function zoneMean(
  rows: i32, columns: i32, rate: f32, before: usize, beforeStride: usize, to: usize, toStride: usize,
): void {
  const bytes = <usize>columns << 2;
  const share = f32x4.splat(rate);
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const now = v128.load(to + at);
      const past = v128.load(before + at);
      v128.store(to + at, f32x4.add(now, f32x4.mul(share, f32x4.sub(past, now))));
    }
    before += beforeStride;
    to += toStride;
  }
}

/** Backwards: of a tile d [rows][16] what units that kept their state hand on goes aside, and is 0 in its place. */
export function holdZoned(rows: i32, keep: usize, keepStride: usize, d: usize, aside: usize): void {
  for (let r = 0; r < rows; ++r, keep += keepStride, d += 64, aside += 64) {
    for (let at: usize = 0; at < 64; at += 16) {
      const kept = f32x4.eq(v128.load(keep + at), f32x4.splat(0));
      const asked = v128.load(d + at);
      v128.store(aside + at, v128.and(asked, kept));
      v128.store(d + at, v128.andnot(asked, kept));
    }
  }
}

/** to [rows][16] += from. */
export function addTile(rows: i32, from: usize, to: usize): void {
  for (const end = to + (<usize>rows << 6); to < end; to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
}
