/** A row of 16 zeros: where sums begin, and the gradient of what nobody asks for. Only read. */
export const ZEROS: usize = memory.data(64, 16);

/** A row of 16 times -0: what leaves every bit of what it is added to. Only read. */
export const NOTHING: usize = memory.data<f32>([
  -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0,
], 32);
