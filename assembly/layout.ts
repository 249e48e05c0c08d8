// What the host must know of the memory layout. Exported constants become
// WebAssembly globals, so the host reads them from the module and keeps no twin.

/** Floats in one SIMD vector; every row and every parameter is padded to a multiple of it. */
export const LANES: i32 = 4;
/** Byte alignment of every buffer handed to a kernel. */
export const ALIGNMENT: i32 = 16;
