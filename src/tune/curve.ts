/** What a trial has reported, summed up. NaN counts for steps, and for nothing else. */
export interface CurveSummary {
  /** The largest step; -1 where nothing was reported. */
  readonly lastStep: number;
  /** The largest step below that; -1 where there is none. */
  readonly stepBefore: number;
  /** The smallest value; NaN where there is none. */
  readonly smallest: number;
  /** The largest value; NaN where there is none. */
  readonly largest: number;
}

/** Kept up to date from report to report: to look at all of them at each one is quadratic work. */
export class Curve implements CurveSummary {
  lastStep = -1;
  stepBefore = -1;
  smallest = Number.NaN;
  largest = Number.NaN;

  /** @param step one that was not added before */
  add(step: number, value: number): void {
    if (step > this.lastStep) {
      this.stepBefore = this.lastStep;
      this.lastStep = step;
    } else if (step > this.stepBefore) {
      this.stepBefore = step;
    }
    if (Number.isNaN(value)) return;
    this.smallest = Number.isNaN(this.smallest) ? value : Math.min(this.smallest, value);
    this.largest = Number.isNaN(this.largest) ? value : Math.max(this.largest, value);
  }
}

export function curveOf(intermediateValues: Readonly<Record<number, number>>): CurveSummary {
  const curve = new Curve();
  for (const [step, value] of Object.entries(intermediateValues)) curve.add(Number(step), value);
  return curve;
}
