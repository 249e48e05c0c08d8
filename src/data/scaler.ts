/** Standard scaling: (value - mean) / deviation, both taken from the training part. */

export interface Scale {
  readonly mean: number;
  /** 1 where the values do not vary. */
  readonly deviation: number;
}

/** Mean and population deviation of values[from, to). */
export function fitScale(values: ArrayLike<number>, from = 0, to = values.length): Scale {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  const mean = sum / (to - from);
  let squares = 0;
  for (let i = from; i < to; i++) squares += (values[i] - mean) * (values[i] - mean);
  const deviation = Math.sqrt(squares / (to - from));
  // Equal values leave a rest of rounding; a deviation that small is none.
  return { mean, deviation: deviation > 1e-12 * Math.abs(mean) && deviation > 0 ? deviation : 1 };
}

export const scaled = (values: Float64Array, { mean, deviation }: Scale): Float64Array =>
  values.map((value) => (value - mean) / deviation);
