/** The report of a study: one HTML file that needs nothing else. */

import { count, formatDuration } from './format.js';
import type { ReportInput } from './input.js';
import { el } from './markup.js';
import { renderSummary } from './summary.js';

export type * from './input.js';
export { renderSummary } from './summary.js';

/** The whole report as one HTML document, the same bytes for the same input. */
export function renderReport(input: ReportInput): string {
  const title = `${input.study.name}: ${count(input.trials.length, 'trial')}`;
  const page = el(
    'html',
    { lang: 'en' },
    el('head', {}, el('meta', { charset: 'utf-8' }), el('title', {}, title)),
    el(
      'body',
      {},
      el('h1', {}, title),
      el('pre', {}, renderSummary(input)),
      el('p', {}, formatDuration(input.seconds)),
    ),
  );
  return `<!doctype html>\n${page}\n`;
}
