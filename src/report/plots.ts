/**
 * Every chart of the report as an SVG document of its own: title, legend and colours inside,
 * light and dark by the reader's preference, nothing loaded. Undefined where the records hold
 * nothing to draw.
 */

import { type Chart, type StandaloneOptions, standaloneSvg } from './chart.js';
import type { ReportForecast, ReportInput, TestFigures } from './input.js';
import { baselineChart } from './plots/baselines.js';
import { forecastErrors, forecastOverview } from './plots/forecast.js';
import { forecastZoom } from './plots/forecast-zoom.js';
import { leadTimeChart } from './plots/lead-time.js';
import { historyChart, lossCurves } from './plots/search.js';
import { sliceCharts } from './plots/slices.js';
import { trainingChart } from './plots/training.js';

export type { StandaloneOptions as PlotOptions } from './chart.js';

function drawn(chart: Chart | undefined, options?: StandaloneOptions): string | undefined {
  return chart === undefined ? undefined : standaloneSvg(chart, options);
}

/** The whole test part, every row forecast from the one before. */
export function forecastPlot(
  forecast: ReportForecast,
  options?: StandaloneOptions,
): string | undefined {
  return drawn(forecastOverview(forecast), options);
}

/** The end of the test part, in whole forecasts. */
export function forecastZoomPlot(
  forecast: ReportForecast,
  options?: StandaloneOptions,
): string | undefined {
  return drawn(forecastZoom(forecast), options);
}

/** Forecast minus truth over the test part. */
export function forecastErrorPlot(
  forecast: ReportForecast,
  options?: StandaloneOptions,
): string | undefined {
  return drawn(forecastErrors(forecast), options);
}

/** Mean absolute error by step of the horizon; undefined for a horizon of 1. */
export function leadTimePlot(
  forecast: ReportForecast,
  options?: StandaloneOptions,
): string | undefined {
  return drawn(leadTimeChart(forecast), options);
}

/** The model's error beside those of the simple forecasts. */
export function baselinePlot(test: TestFigures, unit: string, options?: StandaloneOptions): string {
  return standaloneSvg(baselineChart(test, unit), options);
}

/** Value of every trial in order, with the best so far; undefined without trials. */
export function historyPlot(input: ReportInput, options?: StandaloneOptions): string | undefined {
  return input.trials.length === 0 ? undefined : standaloneSvg(historyChart(input), options);
}

/** What every trial reported, by epoch. */
export function lossCurvesPlot(
  input: ReportInput,
  options?: StandaloneOptions,
): string | undefined {
  return drawn(lossCurves(input), options);
}

/** One plot for each parameter, in order of appearance; default width 360. */
export function slicePlots(input: ReportInput, { width = 360 }: StandaloneOptions = {}): string[] {
  return sliceCharts(input).map((chart) => standaloneSvg(chart, { width }));
}

/** Training and validation loss by epoch. */
export function trainingPlot(
  history: NonNullable<ReportInput['history']>,
  options?: StandaloneOptions,
): string | undefined {
  return drawn(trainingChart(history), options);
}
