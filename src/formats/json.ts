/** What reading JSON in files needs beyond JSON.parse; to-json.ts writes it. */

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The first key that an object of `text` holds twice, where JSON.parse silently keeps
 * the last. `text` must be valid JSON already: then a string before a colon is a key.
 */
export function findDuplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{') open.push(new Set());
    else if (character === '}') open.pop();
    else if (character === '"') {
      const end = stringEnd(text, at);
      if (nextVisible(text, end) === ':') {
        const key = JSON.parse(text.slice(at, end)) as string;
        const keys = open[open.length - 1];
        if (keys.has(key)) return key;
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/**
 * JSON.parse for text from a file: an object may hold neither a key twice nor `__proto__`,
 * which would change a prototype wherever it is assigned carelessly.
 * @throws Error with the reason.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw new Error(`it holds the key ${quote(duplicate)} twice`);
  if (hasPrototypeKey(value)) throw new Error('it holds the key "__proto__"');
  return value;
}

/** A value for an error message: short, and safe for values nested without end. */
export function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return brief(`[${value.slice(0, 8).map(describeItem).join(', ')}]`);
  return describeItem(value);
}

/** A name from the file, quoted, cut so that it cannot flood a terminal or a log. */
export function quote(name: string): string {
  return brief(JSON.stringify(name));
}

function describeItem(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  return brief(JSON.stringify(value));
}

function brief(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The offset after the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  let end = at + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

function nextVisible(text: string, at: number): string {
  let next = at;
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t')
    next++;
  return text[next];
}

/** Iterative: what JSON.parse accepts may be nested deeper than the stack. */
function hasPrototypeKey(value: unknown): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) return true;
    for (const child of Object.values(next)) pending.push(child);
  }
  return false;
}
