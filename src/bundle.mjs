// Bundles src/ into build/: the three entry points of the package share chunks;
// the command line, its worker and the probe of wide vectors are files of their own for Node.
import { execFileSync } from 'node:child_process';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyNotices } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

const common = {
  absWorkingDir: root,
  outdir: 'build',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  define: { __SLUICE_VERSION__: JSON.stringify(version) },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

// Chunks carry a hash in their names: those of an earlier build would stay and be packed.
for (const folder of ['chunks', 'types']) {
  await rm(`${root}build/${folder}`, { recursive: true, force: true });
}
const library = await build({
  ...common,
  entryPoints: { index: 'src/index.ts', node: 'src/node.ts', worker: 'src/worker.ts' },
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  external: ['node:*'],
});
const command = await build({
  ...common,
  entryPoints: {
    cli: 'src/cli/cli.ts',
    'forecast-worker': 'src/cli/forecast-worker.ts',
    'wide-probe': 'src/wide-probe.ts',
  },
  platform: 'node',
});
await chmod(`${root}build/cli.js`, 0o755);
await writeFile(
  `${root}build/THIRD-PARTY-NOTICES.txt`,
  await thirdPartyNotices(root, [library.metafile, command.metafile]),
);

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', `${root}src/tsconfig.json`], { stdio: 'inherit' });
