// The walls of the house: who may import whom (docs/architecture.md), no circle, node: builtins only
// where a runtime with files is certain, comlink in one room.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { filesBelow, importsOf, resolveImport } from './support/suites.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each folder of src/ may import, besides errors, frozen, options, printable, random and rules; a trailing `(types)` allows types alone. */
const table: Record<string, string[]> = {
  engine: [],
  data: [],
  files: [],
  tune: ['files'],
  layers: ['engine'],
  optimizers: ['engine'],
  model: ['layers', 'optimizers', 'engine', 'data', 'callbacks (types)'],
  callbacks: ['model (types)'],
  formats: ['model'],
  forecast: ['data', 'model', 'layers', 'optimizers', 'callbacks', 'formats', 'tune (types)'],
  workers: ['model', 'data', 'formats', 'tune'],
  report: ['tune (types)', 'model (types)', 'callbacks (types)'],
};
const open = ['cli', 'studio'];
const atTheRoot = ['errors', 'frozen', 'options', 'printable', 'random', 'rules', 'version'];
const nodeAllowed = [
  /^node(-files)?\.ts$/,
  /^(cli|files)\//,
  /^workers\/spawn-node\.ts$/,
  /^tune\/storage\/.*file.*\.ts$/,
];

interface Edge {
  from: string;
  to: string;
  specifier: string;
  typeOnly: boolean;
}

const files = filesBelow('src', '.ts').filter((file) => !file.endsWith('.d.ts'));
const edges: Edge[] = files.flatMap((file) => {
  const path = join(root, file);
  return importsOf(readFileSync(path, 'utf8')).map(({ specifier, typeOnly }) => {
    const target = resolveImport(specifier, path);
    return {
      from: relative('src', file),
      to: target ? relative(join(root, 'src'), target) : '',
      specifier,
      typeOnly,
    };
  });
});
const room = (file: string) =>
  file.includes('/') ? file.split('/')[0] : file.replace(/\.ts$/, '');

describe('the import table', () => {
  it('names every folder of src', () => {
    const folders = new Set(
      files
        .map((f) => relative('src', f))
        .filter((f) => f.includes('/'))
        .map(room),
    );
    for (const folder of folders) expect([...Object.keys(table), ...open]).toContain(folder);
  });

  it('is kept by every import', () => {
    const inside = edges.filter((e) => e.to && !e.to.startsWith('..') && e.from.includes('/'));
    const broken = inside.filter((e) => {
      const from = room(e.from);
      const to = room(e.to);
      if (from === to || open.includes(from) || atTheRoot.includes(to)) return false;
      const allowed = table[from] ?? [];
      return !(allowed.includes(to) || (e.typeOnly && allowed.includes(`${to} (types)`)));
    });
    expect(broken.map((e) => `${e.from} -> ${e.to}`)).toEqual([]);
  });

  it('lets nothing import the command line', () => {
    const broken = edges.filter((e) => room(e.to) === 'cli' && room(e.from) !== 'cli');
    expect(broken.map((e) => `${e.from} -> ${e.to}`)).toEqual([]);
  });

  it('keeps node: builtins in the rooms for them', () => {
    const broken = edges.filter(
      (e) =>
        e.specifier.startsWith('node:') && !e.typeOnly && !nodeAllowed.some((p) => p.test(e.from)),
    );
    expect(broken.map((e) => `${e.from} imports ${e.specifier}`)).toEqual([]);
  });

  it('lets none but those import the room for files', () => {
    const broken = edges.filter(
      (e) => room(e.to) === 'files' && !e.typeOnly && !nodeAllowed.some((p) => p.test(e.from)),
    );
    expect(broken.map((e) => `${e.from} -> ${e.to}`)).toEqual([]);
  });

  it('keeps comlink in workers and the loader in engine', () => {
    const homes: Record<string, string> = {
      comlink: 'workers',
      '@assemblyscript/loader': 'engine',
    };
    const broken = edges.filter((e) => homes[e.specifier] && room(e.from) !== homes[e.specifier]);
    expect(broken.map((e) => `${e.from} imports ${e.specifier}`)).toEqual([]);
  });

  it('has no circle, types aside', () => {
    const next = new Map<string, string[]>();
    for (const e of edges.filter((x) => x.to && !x.typeOnly)) {
      next.set(e.from, [...(next.get(e.from) ?? []), e.to]);
    }
    expect(findCircle(next)).toEqual([]);
  });
});

function findCircle(next: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const to of next.get(file) ?? []) {
      const circle = visit(to, [...path, file]);
      if (circle.length) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of next.keys()) {
    const circle = visit(file, []);
    if (circle.length) return circle;
  }
  return [];
}
