// Worker threads of Node 20 start from JavaScript alone: bundles a worker of the tests, with the
// sources of sluice in it, into a folder of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Bundled {
  /** The script, ready for `worker:`. */
  url: URL;
  remove(): void;
}

/** Bundles the script at `source`, a file URL; whoever calls removes the result. */
export async function bundleWorker(source: URL): Promise<Bundled> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-worker-'));
  const outfile = join(folder, basename(source.pathname).replace(/\.ts$/, '.mjs'));
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    define: { __SLUICE_VERSION__: '"test"' },
    alias: {
      'sluice/worker': `${root}src/worker.ts`,
      'sluice/node': `${root}src/node.ts`,
      sluice: `${root}src/index.ts`,
    },
    external: ['node:*'],
    logLevel: 'warning',
  });
  return {
    url: pathToFileURL(outfile),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
