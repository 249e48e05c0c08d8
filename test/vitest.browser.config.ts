import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, mergeConfig } from 'vitest/config';
import { chromiumArgs, requireChromium } from './support/chromium.mjs';
import { browserSuites } from './support/suites.mjs';
import shared from './vitest.config.js';

const root = fileURLToPath(new URL('..', import.meta.url));

const browser = defineConfig({
  cacheDir: `${root}node_modules/.vite-browser`,
  // Found only when a suite imports them, they would make Vite reload the page under a running test.
  optimizeDeps: { include: ['papaparse', 'comlink', '@assemblyscript/loader'] },
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  test: {
    setupFiles: [`${root}test/support/collect-garbage.ts`],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      api: { host: '127.0.0.1' },
      provider: playwright({
        launchOptions: {
          executablePath: requireChromium(),
          args: [...chromiumArgs, '--js-flags=--expose-gc'],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

const merged = mergeConfig(shared, browser);
merged.test.include = browserSuites();
merged.test.exclude = [];
export default merged;
