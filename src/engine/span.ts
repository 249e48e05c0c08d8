/**
 * Where a weight stands in a flat store of floats: `runs` stretches of `length` floats that begin
 * `stride` floats apart. An LSTM's kernel and recurrent kernel take turns in its panels; all other
 * weights are one stretch. Padding belongs to the weight that it pads.
 */
export interface Span {
  readonly name: string;
  /** Floats before the first stretch. */
  readonly offset: number;
  readonly runs: number;
  readonly length: number;
  readonly stride: number;
  /** Whether weight decay applies to it where nobody says otherwise: to kernels it does, to biases not. */
  readonly decay: boolean;
}

/** A span of one stretch. */
export const stretch = (name: string, offset: number, length: number, decay: boolean): Span => ({
  name,
  offset,
  runs: 1,
  length,
  stride: length,
  decay,
});
