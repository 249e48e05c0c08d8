/**
 * Elements of SVG and HTML. Strings given as children or attributes are always escaped;
 * only a Markup passes as it is, and only `el`, `join` and `trusted` make one.
 */

export class Markup {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
  toString(): string {
    return this.source;
  }
}

export type Child = Markup | string | number | undefined | readonly Child[];
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const VOID = new Set(['meta', 'link', 'br', 'path', 'line', 'circle', 'rect', 'use']);
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
// XML knows no other control characters and no half surrogate pair, not even escaped.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, '\uFFFD').replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

/** A coordinate: two decimals at most, never NaN (which would blank a whole path). */
export function round(value: number): number {
  const rounded = Math.round(value * 100) / 100;
  return Number.isFinite(rounded) ? rounded + 0 : 0;
}

/** Marks a constant of this source tree as markup. Never for anything that comes from data. */
export function trusted(source: string): Markup {
  return new Markup(source);
}

function attribute(name: string, value: string | number | boolean | undefined): string {
  if (value === undefined || value === false) return '';
  if (value === true) return ` ${name}=""`;
  return ` ${name}="${typeof value === 'number' ? round(value) : escapeText(value)}"`;
}

function content(child: Child): string {
  if (child === undefined) return '';
  if (child instanceof Markup) return child.source;
  if (typeof child === 'string') return escapeText(child);
  if (typeof child === 'number') return String(round(child));
  return child.map(content).join('');
}

/** One element; `undefined` and `false` attributes are left out, `true` ones stand empty. */
export function el(name: string, attributes: Attributes = {}, ...children: Child[]): Markup {
  let head = `<${name}`;
  for (const key of Object.keys(attributes)) head += attribute(key, attributes[key]);
  const inner = content(children);
  if (inner === '' && VOID.has(name)) return new Markup(`${head}/>`);
  return new Markup(`${head}>${inner}</${name}>`);
}

export function join(...children: Child[]): Markup {
  return new Markup(content(children));
}

/** A block of data for the page's script; nothing in it can close the element. */
export function jsonBlock(name: string, data: unknown): Markup {
  const json = JSON.stringify(data)
    .replace(/</g, '\\u003c')
    .replace(/>/g, '\\u003e')
    .replace(/&/g, '\\u0026')
    .replace(FORBIDDEN, '\\ufffd');
  return new Markup(`<script type="application/json" class="${escapeText(name)}">${json}</script>`);
}
