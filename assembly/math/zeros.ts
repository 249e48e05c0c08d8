/** A row of 16 zeros: where sums begin, and the gradient of what nobody asks for. Only read. */
export const ZEROS: usize = memory.data(64, 16);
