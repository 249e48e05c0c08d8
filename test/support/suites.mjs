// Which test files apply to which runtime. A suite that reaches no `node:` builtin, directly
// or through what it imports, and is not called *.node.test.ts, is run in the browser as well as in
// Node.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const entries = {
  sluice: 'src/index.ts',
  'sluice/node': 'src/node.ts',
  'sluice/worker': 'src/worker.ts',
};
const nodeOnlyPackages = ['esbuild', 'vite', 'playwright-core', 'publint', 'typescript'];

/** Every `import ... from`, `export ... from` and `import()` specifier of a source text. */
export function importsOf(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const pattern =
    /(?:^|\n)\s*(import|export)\s+(type\s+)?[^;'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
  return [...code.matchAll(pattern)].map((match) => ({
    specifier: match[3] ?? match[4] ?? match[5],
    typeOnly: match[2] !== undefined,
  }));
}

/** The file behind a relative or package-internal specifier, or undefined. */
export function resolveImport(specifier, from) {
  const base = entries[specifier]
    ? join(root, entries[specifier])
    : resolve(dirname(from), specifier);
  if (!entries[specifier] && !specifier.startsWith('.')) return undefined;
  const candidates = [base, base.replace(/\.js$/, '.ts'), `${base}.ts`];
  return candidates.find((file) => /\.[cm]?[jt]s$/.test(file) && existsSync(file));
}

/** All files below a folder whose name ends so. */
export function filesBelow(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Test files that can run in a browser. */
export function browserSuites() {
  return filesBelow('test', '.test.ts')
    .filter((file) => !file.startsWith(join('test', 'platform')))
    .filter((file) => !file.endsWith('.node.test.ts') && !reachesNode(join(root, file)));
}

function reachesNode(file, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  return importsOf(readFileSync(file, 'utf8')).some(({ specifier, typeOnly }) => {
    if (typeOnly) return false;
    if (specifier.startsWith('node:') || nodeOnlyPackages.includes(specifier)) return true;
    const target = resolveImport(specifier, file);
    return target !== undefined && reachesNode(target, seen);
  });
}
