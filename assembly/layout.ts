// What the host must know of the memory layout. Exported constants become
// WebAssembly globals, so the host reads them from the module and keeps no twin.

/** Floats in one SIMD vector; every row and every parameter is padded to a multiple of it. */
export const LANES: i32 = 4;
/** Byte alignment of every buffer handed to a kernel. */
export const ALIGNMENT: i32 = 16;

/** Activations of dense layers. */
export const ACT_LINEAR: i32 = 0;
export const ACT_TANH: i32 = 1;
export const ACT_SIGMOID: i32 = 2;
export const ACT_RELU: i32 = 3;
export const ACT_SOFTMAX: i32 = 4;
export const ACT_HARD_SIGMOID: i32 = 5;
