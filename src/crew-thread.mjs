// Embeds the script of a crew's threads, as one text without imports, in build/crew-thread.js: a worker
// made from a text needs no file that a bundler would have to find.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { outputFiles } = await build({
  entryPoints: [`${root}src/engine/crew-thread.ts`],
  bundle: true,
  // a classic script for Node and for pages
  format: 'iife',
  target: 'es2022',
  minify: true,
  write: false,
});
await mkdir(`${root}build`, { recursive: true });
await writeFile(
  `${root}build/crew-thread.js`,
  `export const crewThread = ${JSON.stringify(outputFiles[0].text)};\n`,
);
await writeFile(`${root}build/crew-thread.d.ts`, 'export const crewThread: string;\n');
