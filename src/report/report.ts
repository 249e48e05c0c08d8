/** The report of a study: one HTML file that needs nothing else. */

import type { ReportInput } from './input.js';
import { htmlPage } from './page.js';
import { headline, headlineSection } from './sections/headline.js';
import { dataSection, modelSection, reproduceSection } from './sections/model.js';
import { forecastSection, resultSection } from './sections/result.js';
import { searchSection, slicesSection, trialsSection } from './sections/search.js';

export type * from './input.js';
export * from './plots.js';
export { renderSummary } from './summary.js';

/**
 * The whole report as one HTML document: works offline, in light and dark, without script,
 * on paper; the same bytes for the same input. Never throws for what the records hold.
 */
export function renderReport(input: ReportInput): string {
  const sections = [
    resultSection(input),
    forecastSection(input),
    searchSection(input),
    slicesSection(input),
    modelSection(input),
    trialsSection(input),
    dataSection(input),
    reproduceSection(input),
  ];
  const footer = `Made by sluice ${input.reproduce.version}. This file loads nothing from anywhere.`;
  return htmlPage(headline(input), headlineSection(input), sections, footer);
}
