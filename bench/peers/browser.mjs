/**
 * `node bench/peers/browser.mjs [--seconds 3 --only W1,W2]`: sluice and TensorFlow.js on Wasm in a page of
 * Chromium, the same workloads, inputs and weights, one thread each, in turn.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { chromiumArgs, requireChromium } from '../../test/support/chromium.mjs';
import { readFlags, seconds, someOf } from '../flags.mjs';
import { formatMs, table } from '../measure.mjs';
import { pickWorkloads, WORKLOADS } from '../workload-list.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const flags = readFlags({ seconds: seconds(3), only: someOf(WORKLOADS.map(({ name }) => name)) });
const { outputFiles } = await build({
  entryPoints: [`${here}page.mjs`],
  bundle: true,
  format: 'esm',
  write: false,
  logLevel: 'error',
});
const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
const server = createServer(async ({ url }, response) => {
  const name = url.split('/').at(-1);
  if (url === '/') {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><script type="module" src="/page.js"></script>');
  } else if (url === '/page.js') {
    response.setHeader('content-type', 'text/javascript');
    response.end(outputFiles[0].text);
  } else {
    response.setHeader('content-type', 'application/wasm');
    response.end(await readFile(join(wasm, name)).catch(() => ''));
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({ executablePath: requireChromium(), args: chromiumArgs });
const rows = [];
let fault = false;
try {
  for (const { name } of pickWorkloads(flags.only)) {
    const answers = [];
    for (const library of ['sluice', 'tfjs']) {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await page.waitForFunction(() => 'measure' in globalThis);
      const args = [library, name, flags.seconds];
      answers.push(await page.evaluate((given) => globalThis.measure(...given), args));
      await page.close();
    }
    const [ours, theirs] = answers;
    fault ||= Math.abs(ours.losses[0] - theirs.losses[0]) > 1e-5 * Math.abs(ours.losses[0]);
    const ratio = (theirs.best / ours.best).toFixed(1);
    rows.push([name, formatMs(ours.best), formatMs(theirs.best), ratio]);
  }
  console.log(`Chromium ${browser.version()}; a training step, one thread, best ms.\n`);
  console.log(table(['', 'sluice', 'TensorFlow.js, wasm', 'times as fast'], rows));
  if (fault) console.error('\nLosses differ: the times above do not compare the same computation.');
} finally {
  await browser.close();
  server.close();
}
if (fault) process.exitCode = 1;
