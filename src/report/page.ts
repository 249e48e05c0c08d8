/** The document around the sections: head, policy, styles, script. */

import { type Chart, fluidSvg, swatch } from './chart.js';
import { hoverScript } from './hover.js';
import { el, jsonBlock, type Markup, trusted } from './markup.js';
import { policy } from './policy.js';
import { pageCss } from './theme.js';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: readonly Markup[];
}

/** A chart with its words above it, as wide as its place. */
export function figure(chart: Chart, { kind = 'canvas', words = true } = {}): Markup {
  const entries = chart.legend.map((entry) => el('li', {}, swatch(entry), entry.label));
  return el(
    'figure',
    {},
    el(
      'figcaption',
      {},
      el('h3', {}, chart.title),
      words ? el('p', { class: 'note' }, chart.caption ?? chart.description) : undefined,
      words && entries.length > 0 ? el('ul', { class: 'legend' }, entries) : undefined,
    ),
    el('div', { class: `${kind} left${chart.left}` }, fluidSvg(chart)),
    chart.readout === undefined ? undefined : jsonBlock('readout', chart.readout),
  );
}

export function note(...words: (string | Markup)[]): Markup {
  return el('p', { class: 'note' }, words);
}

/** Names and values in two columns. */
export function facts(rows: readonly (readonly [name: string, value: string | Markup])[]): Markup {
  const cells = rows.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)));
  return el('dl', { class: 'facts' }, cells);
}

/** A box that scrolls sideways by itself, and can be reached by keyboard to do so. */
export function scrollable(label: string, content: Markup): Markup {
  return el(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': label, tabindex: '0' },
    content,
  );
}

function head(title: string): Markup {
  return el(
    'head',
    {},
    el('meta', { charset: 'utf-8' }),
    el('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    el('meta', { name: 'referrer', content: 'no-referrer' }),
    el('meta', { name: 'color-scheme', content: 'light dark' }),
    // An empty icon, or browsers would ask the server for one.
    el('link', { rel: 'icon', href: 'data:,' }),
    el('title', {}, title),
    el('style', {}, trusted(pageCss)),
  );
}

function contents(sections: readonly Section[]): Markup {
  const items = sections.map(({ id, title }) => el('li', {}, el('a', { href: `#${id}` }, title)));
  return el('nav', { 'aria-label': 'Contents' }, el('ul', {}, items));
}

function block({ id, title, body }: Section): Markup {
  const name = `${id}-heading`;
  return el('section', { id, 'aria-labelledby': name }, el('h2', { id: name }, title), body);
}

export function htmlPage(
  title: string,
  header: Markup,
  sections: readonly Section[],
  footer: string,
): string {
  const body = el(
    'body',
    {},
    el('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
    el(
      'div',
      { class: 'sheet' },
      el('header', {}, header, contents(sections)),
      el('main', { id: 'main' }, sections.map(block)),
      el('footer', {}, footer),
    ),
    el('script', {}, trusted(hoverScript)),
  );
  return `<!doctype html>\n${el('html', { lang: 'en' }, head(title), body)}\n`;
}
