/** A strict little reader of XML, for what the report writes: throws on the first fault. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}

const TOKEN =
  /<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<>&]*(?:&(?:amp|lt|gt|quot|#39);[^"<>&]*)*")*)\s*(\/?)>|([^<]+)/y;
const ATTRIBUTE = /\s+([\w:-]+)="([^"]*)"/g;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function decode(text: string): string {
  const decoded = text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name]);
  if (/&(?!(amp|lt|gt|quot|#39);)/.test(text)) throw new Error(`bare & in ${text.slice(0, 80)}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text)) throw new Error('forbidden character');
  return decoded;
}

function attributesOf(source: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name, value] of source.matchAll(ATTRIBUTE)) {
    if (name in attributes) throw new Error(`attribute ${name} twice in ${source}`);
    attributes[name] = decode(value);
  }
  return attributes;
}

/** The root element of one well-formed document. */
export function parseXml(source: string): XmlElement {
  const root = { name: '', attributes: {}, children: [] as (XmlElement | string)[] };
  const open = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(source);
    if (token === null) throw new Error(`no XML at ${at}: ${source.slice(at, at + 120)}`);
    const [, closing, name, attributes, empty, text] = token;
    const parent = open[open.length - 1];
    if (text !== undefined) parent.children.push(decode(text));
    else if (closing === '/') {
      if (parent.name !== name) throw new Error(`</${name}> closes <${parent.name}> at ${at}`);
      open.pop();
    } else {
      const element = { name, attributes: attributesOf(attributes), children: [] };
      parent.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  if (open.length !== 1) throw new Error(`<${open[open.length - 1].name}> is never closed`);
  const elements = root.children.filter((child): child is XmlElement => typeof child !== 'string');
  if (elements.length !== 1) throw new Error(`${elements.length} roots`);
  return elements[0];
}

/** Every element of that name, at any depth, in document order. */
export function findAll(element: XmlElement, name: string): XmlElement[] {
  const inner = element.children.flatMap((child) =>
    typeof child === 'string' ? [] : findAll(child, name),
  );
  return element.name === name ? [element, ...inner] : inner;
}

export function textOf(element: XmlElement): string {
  return element.children.map((c) => (typeof c === 'string' ? c : textOf(c))).join('');
}

/** Coordinates, sizes and path data that are no plain numbers. */
export function badNumbers(markup: string): string[] {
  const geometry = / (?:d|cx|cy|r|x|y|x1|x2|y1|y2|dx|width|height|viewBox)="[^"]*"/g;
  const found = markup.replace(/<script[\s\S]*?<\/script>/g, '').match(geometry) ?? [];
  return found.filter((one) => /NaN|Infinity|undefined|\de[-+\d]/.test(one));
}
