/** Fewer points for the same picture. */

export type Point = readonly [x: number, y: number];

/**
 * At most about 4 x `buckets` of the points, in order: of each stretch the first, the lowest,
 * the highest and the last, so that every peak stays. Gaps (a y that is not finite) stay gaps.
 */
export function decimate(points: readonly Point[], buckets: number): readonly Point[] {
  if (points.length <= buckets * 4) return points;
  const kept: Point[] = [];
  for (let b = 0; b < buckets; b++) {
    const start = Math.floor((b * points.length) / buckets);
    const end = Math.floor(((b + 1) * points.length) / buckets);
    const picks = new Set<number>([start, end - 1]);
    let low = start;
    let high = start;
    for (let i = start; i < end; i++) {
      const y = points[i][1];
      if (!Number.isFinite(y)) picks.add(i);
      if (y < points[low][1] || !Number.isFinite(points[low][1])) low = i;
      if (y > points[high][1] || !Number.isFinite(points[high][1])) high = i;
    }
    picks.add(low).add(high);
    // A stretch without data is one gap, however long.
    for (const i of [...picks].sort((a, b) => a - b)) {
      const gap = !Number.isFinite(points[i][1]);
      if (!gap || Number.isFinite(kept.at(-1)?.[1] ?? Number.NaN)) kept.push(points[i]);
    }
  }
  return kept;
}
