// Compiles the kernels twice from one source (simd and relaxed-simd), embeds both modules as base64
// in build/wasm-bytes.js, which src/engine imports, and writes what they export, by the names and
// types of the source, to src/engine/kernel-exports.ts.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { typedExports } from './typed-exports.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const targets = { simd: 'release', relaxed: 'relaxed' };

async function compile(target) {
  const { error, stderr } = await asc.main([
    'index.ts',
    '--baseDir',
    `${root}assembly`,
    '--config',
    'asconfig.json',
    '--target',
    target,
    '--bindings',
    'raw',
    // Math without its lookup tables: as accurate, and 8 KB gzipped less of a module of 14.
    '--use',
    'ASC_SHRINK_LEVEL=ASC_OPTIMIZE_LEVEL',
  ]);
  if (error) {
    process.stderr.write(stderr.toString());
    throw error;
  }
}

await mkdir(`${root}build`, { recursive: true });
for (const target of Object.values(targets)) await compile(target);

const base64 = async (file) => (await readFile(`${root}build/${file}`)).toString('base64');
await writeFile(
  `${root}build/wasm-bytes.js`,
  `export const simd = '${await base64('sluice.wasm')}';\n` +
    `export const relaxed = '${await base64('sluice-relaxed.wasm')}';\n`,
);
await writeFile(
  `${root}build/wasm-bytes.d.ts`,
  'export const simd: string;\nexport const relaxed: string;\n',
);

// Both builds come from one source: their exports are the same.
const declarations = await readFile(`${root}build/sluice.d.ts`, 'utf8');
const file = `${root}src/engine/kernel-exports.ts`;
const text = typedExports(declarations);
// A file that is up to date keeps its time, and its place in a checkout that may only be read.
if ((await readFile(file, 'utf8').catch(() => '')) !== text) await writeFile(file, text);
for (const name of ['sluice', 'sluice-relaxed']) {
  for (const ending of ['js', 'd.ts']) await rm(`${root}build/${name}.${ending}`);
}
