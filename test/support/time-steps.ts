import type { Tensor } from 'sluice';

/** Time step t of `count` of the sequences, from `first` on, row by row, as a stream takes it. Default: all of them. */
export function rowsAt(
  { data, shape: [n, steps, features] }: Tensor,
  t: number,
  first = 0,
  count = n - first,
): Float32Array {
  const rows = Array.from({ length: count }, (_, b) =>
    data.slice(((first + b) * steps + t) * features, ((first + b) * steps + t + 1) * features),
  );
  return Float32Array.from(rows.flatMap((row) => Array.from(row)));
}
