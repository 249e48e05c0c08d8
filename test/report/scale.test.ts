import { describe, expect, it } from 'vitest';
import { quantile, valueScale } from '../../src/report/domain.js';
import {
  bandScale,
  fittingTicks,
  integerScale,
  linearScale,
  logScale,
  niceScale,
  niceStep,
  niceValues,
  spaced,
  tickLabels,
} from '../../src/report/scale.js';

const labels = (ticks: readonly { label: string }[]): string[] => ticks.map(({ label }) => label);

describe('linear ticks', () => {
  it('go in steps of 1, 2 and 5', () => {
    for (const [span, step] of [
      [5, 1],
      [10, 2],
      [20, 5],
      [45, 10],
      [0.3, 0.05],
      [7e6, 1e6],
    ]) {
      expect(niceStep(span, 5)).toBeCloseTo(step, 12);
    }
    expect(niceValues(0.1, 0.42, 5)).toEqual([0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4]);
    expect(niceValues(-1, 1, 4)).toEqual([-1, -0.5, 0, 0.5, 1]);
  });

  it('carry no digits that the step does not need', () => {
    expect(tickLabels([0, 0.1, 0.2])).toEqual(['0.0', '0.1', '0.2']);
    expect(tickLabels([4000, 6000])).toEqual(['4,000', '6,000']);
    expect(tickLabels([0, 2e9])).toEqual(['0', '2e9']);
    expect(tickLabels([1e-6, 2e-6])).toEqual(['1e-6', '2e-6']);
  });

  it('lie inside the axis, in order', () => {
    const ticks = linearScale(-3.7, 912.3).ticks(6);
    expect(ticks.length).toBeGreaterThan(3);
    for (const [i, { at }] of ticks.entries()) {
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at).toBeLessThanOrEqual(1);
      if (i > 0) expect(at).toBeGreaterThan(ticks[i - 1].at);
    }
  });

  it('survive domains without extent, without numbers and beyond measure', () => {
    const ends = [
      0,
      5,
      -2,
      1e300,
      -1e308,
      Number.MAX_VALUE,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1e-310,
    ];
    for (const from of ends) {
      for (const to of ends) {
        const scale = linearScale(from, to);
        expect(scale.high).toBeGreaterThan(scale.low);
        for (const { at } of scale.ticks(5)) expect(Number.isFinite(at)).toBe(true);
        for (const { at } of niceScale(from, to, 5).ticks(5))
          expect(Number.isFinite(at)).toBe(true);
        for (const { at } of logScale(from, to).ticks(5)) expect(Number.isFinite(at)).toBe(true);
      }
    }
  });

  it('of a nice scale include both ends', () => {
    const scale = niceScale(4471, 13421, 5);
    expect([scale.low, scale.high]).toEqual([4000, 14000]);
  });

  it('of whole numbers are whole', () => {
    expect(labels(integerScale(1, 3).ticks(9))).toEqual(['1', '2', '3']);
    expect(labels(integerScale(0.9, 3.1).ticks(9))).toEqual(['1', '2', '3']);
    expect(labels(integerScale(1, 25).ticks(5))).toEqual(['5', '10', '15', '20', '25']);
    expect(labels(integerScale(-0.5, 0.5).ticks(9))).toEqual(['0']);
  });
});

describe('log ticks', () => {
  it('are powers of ten over many decades', () => {
    expect(labels(logScale(1e-4, 1).ticks(5))).toEqual(['0.0001', '0.001', '0.01', '0.1', '1']);
    const wide = logScale(1e-12, 1e12).ticks(5);
    expect(wide.length).toBeLessThanOrEqual(6);
  });

  it('go 1, 2, 5 over few', () => {
    expect(labels(logScale(15, 260).ticks(4))).toEqual(['20', '50', '100', '200']);
  });

  it('still exist within one decade', () => {
    expect(logScale(31, 38).ticks(4).length).toBeGreaterThanOrEqual(3);
    expect(logScale(64, 64).ticks(4).length).toBeGreaterThanOrEqual(1);
  });

  it('place by ratio, and what is not positive nowhere', () => {
    const scale = logScale(1, 100);
    expect(scale.at(10)).toBeCloseTo(0.5, 12);
    expect(scale.at(0)).toBeNaN();
    expect(scale.at(-1)).toBeNaN();
    expect(logScale(-1, 10).log).toBe(false);
  });
});

it('bands stand in the middle of equal parts', () => {
  const scale = bandScale(['adam', 'sgd']);
  expect([scale.at(0), scale.at(1)]).toEqual([0.25, 0.75]);
  expect(labels(scale.ticks(9))).toEqual(['adam', 'sgd']);
  expect(bandScale([]).ticks(3)).toEqual([]);
});

it('labels that would touch are left out', () => {
  const ticks = [0, 0.02, 0.5].map((at) => ({ at, label: '1,000' }));
  expect(spaced(ticks, 300).map(({ at }) => at)).toEqual([0, 0.5]);
  for (const width of [120, 250, 540]) {
    const fitting = fittingTicks(linearScale(0, 9_000_000), 9, width);
    expect(spaced(fitting, width)).toEqual(fitting);
  }
});

describe('the axis of an objective', () => {
  it('does not let one diverged trial squeeze the others', () => {
    const scale = valueScale([0.1, 0.12, 0.13, 0.15, 0.2, 1e30], 'minimize');
    expect(scale.high).toBeLessThan(1);
    expect(scale.at(0.1)).toBeLessThan(0.1);
    const reverse = valueScale([-0.1, -0.12, -0.13, -0.15, -0.2, -1e30], 'maximize');
    expect(reverse.low).toBeGreaterThan(-1);
  });

  it('is logarithmic for values over several decades', () => {
    expect(valueScale([1e-4, 1e-3, 1e-2, 1e-1, 1], 'minimize').log).toBe(true);
    expect(valueScale([-1, 1e-3, 1e-2, 1e-1, 1], 'minimize').log).toBe(false);
  });

  it('exists for no value, one value and equal values', () => {
    for (const values of [[], [Number.NaN], [3], [3, 3, 3], [0], [-1e-320]]) {
      const scale = valueScale(values, 'minimize');
      expect(scale.high).toBeGreaterThan(scale.low);
    }
  });

  it('has every value of a calm search inside', () => {
    const values = [0.2, 0.25, 0.3, 0.22];
    const scale = valueScale(values, 'minimize');
    for (const value of values) expect(scale.at(value)).toBeGreaterThan(0);
    expect(quantile(values, 0.5)).toBe(0.25);
  });
});
