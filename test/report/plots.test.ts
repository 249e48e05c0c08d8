// Every chart as an SVG of its own, and what the charts of the forecast say.
import { describe, expect, it } from 'vitest';
import { forecastZoom } from '../../src/report/plots/forecast-zoom.js';
import { errorByStep } from '../../src/report/plots/lead-time.js';
import { testRows } from '../../src/report/plots/test-rows.js';
import {
  baselinePlot,
  forecastErrorPlot,
  forecastPlot,
  forecastZoomPlot,
  historyPlot,
  leadTimePlot,
  lossCurvesPlot,
  type ReportForecast,
  slicePlots,
  trainingPlot,
} from '../../src/report/report.js';
import { sampleForecast, sampleInput } from '../support/report-sample.js';
import { badNumbers, findAll, parseXml, textOf } from '../support/xml.js';

const input = sampleInput();
const plots: Record<string, string | undefined> = {
  forecast: forecastPlot(input.forecast!),
  zoom: forecastZoomPlot(input.forecast!),
  errors: forecastErrorPlot(input.forecast!),
  leadTime: leadTimePlot(input.forecast!),
  baselines: baselinePlot(input.test!, 'births'),
  history: historyPlot(input),
  curves: lossCurvesPlot(input),
  training: trainingPlot(input.history!),
  ...Object.fromEntries(slicePlots(input).map((plot, i) => [`slice ${i}`, plot])),
};

describe.each(Object.entries(plots))('the plot %s', (_, source) => {
  const svg = parseXml(source!);

  it('is a document of its own with a name and a description', () => {
    expect(svg.name).toBe('svg');
    expect(svg.attributes.xmlns).toBe('http://www.w3.org/2000/svg');
    const [title, desc] = svg.attributes['aria-labelledby'].split(' ');
    expect(findAll(svg, 'title').find((t) => t.attributes.id === title)).toBeDefined();
    expect(textOf(findAll(svg, 'desc').find((d) => d.attributes.id === desc)!)).not.toBe('');
  });

  it('takes its colours from variables and nothing from anywhere', () => {
    const named = source!.replace('http://www.w3.org/2000/svg', '');
    expect(named.match(/(fill|stroke)="[^"]*"|https?:|url\(|@import|href/g)).toBeNull();
    expect(source!.match(/prefers-color-scheme:dark/g)).toHaveLength(1);
  });

  it('has no coordinate that is not a number', () => {
    expect(badNumbers(source!)).toEqual([]);
  });
});

describe('the rows of the test part', () => {
  const forecast = (changes: Partial<ReportForecast>): ReportForecast => ({
    target: 'y',
    horizon: 3,
    truth: [1, 2, 3, 2, 3, 4],
    forecast: [1, 2, 3, 2, 3, 5],
    ...changes,
  });

  it('follow from windows, horizon and stride', () => {
    expect(testRows(forecast({}))).toMatchObject({ windows: 2, rows: 4, step: 'step' });
    expect(testRows(forecast({ stride: 3 }))).toMatchObject({ windows: 2, rows: 6 });
    expect(testRows(forecast({ truth: [], forecast: [] }))).toBeUndefined();
    expect(testRows(forecast({ horizon: 0 }))).toBeUndefined();
  });

  it('take dates that fit and ignore those that do not', () => {
    const days = ['2012-01-01', '2012-01-02', '2012-01-03', '2012-01-04'];
    expect(testRows(forecast({ timestamps: days }))).toMatchObject({ isTime: true, step: 'day' });
    expect(testRows(forecast({ timestamps: days.slice(1) }))).toMatchObject({ isTime: false });
    const named = testRows(forecast({ timestamps: ['a', 'b', 'c', 'd'] }))!;
    expect([named.isTime, named.label(2)]).toEqual([false, 'c']);
    expect(testRows(forecast({}))!.label(2)).toBe('row 3');
  });

  it('give the error of every step', () => {
    expect(errorByStep(forecast({}), [1, 2, 3, 2, 3, 5])).toEqual([0, 0, 0.5]);
    expect(errorByStep(forecast({}), [Number.NaN, 2, 3, 4, 3, 5])).toEqual([2, 0, 0.5]);
  });
});

describe('the zoom on the end', () => {
  it('shows whole forecasts that follow one another', () => {
    const chart = forecastZoom(sampleForecast(822, 7))!;
    expect(chart.title).toBe('The last 8 weeks, 7 days at a time');
    const series = chart.readout!.series;
    expect(series.map(({ name }) => name)).toEqual([
      'births, measured',
      'forecast',
      'seasonal naive',
    ]);
    for (const { y } of series) expect(y).not.toContain(null);
    expect(chart.readout!.labels).toHaveLength(56);
    expect(chart.readout!.labels.at(-1)).toBe('Wed 31 Dec 2014');
  });

  it('fits what there is', () => {
    expect(forecastZoom(sampleForecast(9, 7))!.readout!.labels).toHaveLength(7);
    expect(forecastZoom(sampleForecast(200, 1))!.title).toBe('The last 8 weeks, one day ahead');
    expect(forecastZoom(sampleForecast(200, 90))!.readout!.labels.length).toBeGreaterThanOrEqual(
      90,
    );
  });
});

it('a horizon of one has no error by distance', () => {
  expect(leadTimePlot(sampleForecast(100, 1))).toBeUndefined();
});

it('a plot is as wide and named as asked', () => {
  const svg = parseXml(historyPlot(input, { width: 400, title: 'A & B' })!);
  expect(svg.attributes.width).toBe('400');
  expect(textOf(findAll(svg, 'title')[0])).toBe('A & B');
});
