// Serves a folder on loopback and opens it in headless Chromium.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumArgs, requireChromium } from '../support/chromium.mjs';

/** What browser-main.js reports. */
interface PageResult {
  firstLoss: number;
  lastLoss: number;
  states: string[];
  portable: unknown;
}

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

async function serve(folder: string) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = join(folder, normalize(path === '/' ? '/index.html' : path));
    try {
      const body = await readFile(file);
      response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Opens index.html of the folder; the page reports by setting `globalThis.__result`. */
export async function openPage(folder: string) {
  const server = await serve(folder);
  const browser = await chromium.launch({
    executablePath: requireChromium(),
    args: chromiumArgs,
    headless: true,
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon'))
      errors.push(message.text());
  });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    async result() {
      await page.waitForFunction('globalThis.__result !== undefined', undefined, {
        timeout: 120_000,
      });
      return { value: (await page.evaluate('globalThis.__result')) as PageResult, errors };
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
