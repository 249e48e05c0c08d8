// Constraints of weights as Keras 3 has them, in float64: the oracle of the kernel.

/** A vector whose norm comes between least and most, by rate. */
export function constrained(
  w: readonly number[],
  least: number,
  most: number,
  rate: number,
): number[] {
  const norm = Math.hypot(...w);
  const wanted = rate * Math.min(Math.max(norm, least), most) + (1 - rate) * norm;
  return w.map((x) => (x * wanted) / (1e-7 + norm));
}
