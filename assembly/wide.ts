// Engines that fuse pairs of neighbouring 128-bit operations into 256-bit ones (V8 with
// --experimental-wasm-revectorize) want other loops: tiles of twice the columns, and neighbours that
// undergo the same. On 128 bits those loops are slower, so the host says which to take. What V8 10 to 14
// packs: two loads, and two stores, of neighbouring addresses with nothing between them that writes, and
// what leads from the ones to the others, constants and splats included.
//
// The bits are those of the other loops: each lane undergoes the same operations in the same order.

let wide = false;

/** Whether the loops for 256 bits are to be taken. Once, before anything else runs. */
export function setWide(on: bool): void {
  wide = on;
}

// @ts-ignore: decorator
@inline
export function isWide(): bool {
  return wide;
}
