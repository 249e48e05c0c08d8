// The walls of the house: who may import whom (the table of docs/architecture.md), no circle, node:
// builtins only where a runtime with files is certain, nothing in src/ that only tests use.
import { relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { readImportTable } from './support/import-table.js';
import { type Import, type Module, modulesBelow, nodesIn } from './support/modules.js';

const { rooms, shared } = readImportTable();
const nodeAllowed = [
  /^node(-files|-wide)?\.ts$/,
  /^wide-probe\.ts$/,
  /^(cli|files)\//,
  /^workers\/spawn-node\.ts$/,
  /^tune\/(storage|artifacts)\/.*file.*\.ts$/,
];
/** Where the package, the command line and its worker begin. */
const entries = [
  'index',
  'node',
  'worker',
  'cli/cli',
  'cli/forecast-worker',
  'wide-probe',
  'engine/crew-thread',
].map((name) => `src/${name}.ts`);
/** What tests watch and nothing else can: how many engines live. */
const watched = ['src/engine/engine.ts liveEngines'];

interface Edge extends Import {
  readonly from: string;
}

const modules = modulesBelow('src').filter(({ file }) => file.endsWith('.ts'));
const named = new Map(modules.map((module) => [module.file, module]));
/** Paths from src/; the target is empty for a library or a builtin. */
const edges: Edge[] = modules.flatMap((module) =>
  module.imports.map((one) => ({
    ...one,
    from: relative('src', module.file),
    to: one.to === '' ? '' : relative('src', one.to),
  })),
);
const room = (file: string) =>
  file.includes('/') ? file.split('/')[0] : file.replace(/\.ts$/, '');
const texts = (found: readonly Edge[]) =>
  found.map(({ from, to, specifier }) => `${from} -> ${to || specifier}`);
const mayUseNode = ({ from }: Edge) => nodeAllowed.some((pattern) => pattern.test(from));

describe('the import table', () => {
  it('names every folder of src, and no other', () => {
    const folders = edges.map(({ from }) => from).filter((file) => file.includes('/'));
    expect([...new Set(folders.map(room))].sort()).toEqual([...rooms.keys()].sort());
  });

  it('is kept by every import of a room, libraries included', () => {
    const broken = edges.filter(({ from, to, specifier, typeOnly }) => {
      if (!from.includes('/') || specifier.startsWith('node:')) return false;
      const target = to === '' ? specifier : room(to);
      const { anything, values, types } = rooms.get(room(from))!;
      if (anything || target === room(from) || to.startsWith('..')) return false;
      const allowed = [...values, ...shared, ...(typeOnly ? types : [])];
      return !allowed.includes(target) && specifier !== '../version.js';
    });
    expect(texts(broken)).toEqual([]);
  });

  it('lets nothing import the command line', () => {
    const broken = edges.filter(({ from, to }) => room(to) === 'cli' && room(from) !== 'cli');
    expect(texts(broken)).toEqual([]);
  });

  it('keeps node: builtins, and the room for files, in the rooms for them', () => {
    const broken = edges.filter(
      (edge) =>
        (edge.specifier.startsWith('node:') || room(edge.to) === 'files') &&
        !edge.typeOnly &&
        !mayUseNode(edge),
    );
    expect(texts(broken)).toEqual([]);
  });

  it('lets no model ask a layer for its class', () => {
    const layers = modulesBelow('src/layers').map(({ tree }) => tree.text);
    const classes = layers.flatMap((text) =>
      [...text.matchAll(/class (\w+)|className: '(\w+)'/g)].map(([, a, b]) => a ?? b),
    );
    expect(classes).toEqual(expect.arrayContaining(['LayerNode', 'LSTM', 'DenseNode']));
    const asks = modulesBelow('src/model').flatMap(({ file, tree }) =>
      [...tree.text.matchAll(/instanceof (\w+)|[!=]== '(\w+)'/g)]
        .filter(([, type, name]) => classes.includes(type ?? name))
        .map(([text]) => `${file}: ${text}`),
    );
    expect(asks).toEqual([]);
  });

  it('has no circle, of types neither', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of edges) {
      if (to === '') continue;
      next.set(from, [...(next.get(from) ?? []), to]);
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

describe('the source', () => {
  it('is reached from the entries, file by file', () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const { to } of named.get(file)?.imports ?? []) if (named.has(to)) visit(to);
    };
    entries.forEach(visit);
    const idle = [...named.keys()].filter((file) => !seen.has(file));
    expect(idle).toEqual([]);
  });

  it('exports no name that nobody uses but tests', () => {
    const users = [...modules, ...modulesBelow('bench'), ...modulesBelow('examples')];
    const taken = new Set<string>();
    for (const { to, names } of users.flatMap(({ imports }) => imports)) {
      for (const name of names ?? named.get(to)?.exports ?? []) taken.add(`${to} ${name}`);
    }
    const idle = modules.flatMap((module) =>
      module.exports
        .filter((name) => !taken.has(`${module.file} ${name}`) && timesNamed(module, name) < 2)
        .map((name) => `${module.file} ${name}`),
    );
    const open = (one: string) => entries.includes(one.split(' ')[0]) || watched.includes(one);
    expect(idle.filter((one) => !open(one))).toEqual([]);
  });

  it('asks no host for a function that engines round differently', () => {
    // Pictures and words may: neither decides a weight or a trial.
    const free = ['report', 'cli'];
    const exact = /^(abs|ceil|floor|fround|imul|clz32|max|min|round|sign|sqrt|trunc|E|PI)$/;
    const broken = modules
      .filter(({ file }) => !free.includes(room(relative('src', file))))
      .flatMap(({ file, tree }) =>
        [...nodesIn(tree)]
          .filter(ts.isPropertyAccessExpression)
          .filter(
            ({ expression, name }) => expression.getText() === 'Math' && !exact.test(name.text),
          )
          .map((node) => `${file} ${node.getText()}`),
      );
    expect(broken).toEqual([]);
  });
});

function timesNamed({ tree }: Module, name: string): number {
  return [...nodesIn(tree)].filter((node) => ts.isIdentifier(node) && node.text === name).length;
}
