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

async function serve(folder: string, headers: Record<string, string>) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = join(folder, normalize(path === '/' ? '/index.html' : path));
    try {
      const body = await readFile(file);
      response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Serves the folder, each answer with these headers, and visits its index.html. */
export async function openPage(folder: string, headers: Record<string, string> = {}) {
  const server = await serve(folder, headers);
  const { port } = server.address() as AddressInfo;
  const page = await visit(`http://127.0.0.1:${port}/`);
  const close = async () => {
    await page.close();
    server.close();
  };
  return { ...page, close };
}

/** Opens an address in headless Chromium; the page reports by setting `globalThis.__result`. */
export async function visit(address: string) {
  const browser = await chromium.launch({
    executablePath: requireChromium(),
    args: chromiumArgs,
    headless: true,
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  let loads = 0;
  page.on('framenavigated', () => {
    loads += 1;
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon'))
      errors.push(message.text());
  });
  await page.goto(address);
  return {
    /** What the page reported, its errors, and how often it was loaded; ends at the first error. */
    async result() {
      const deadline = Date.now() + 120_000;
      let value: PageResult | undefined;
      // Asked again and again from outside: a policy may forbid the page to evaluate a condition.
      while (value === undefined && errors.length === 0 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        value = (await page.evaluate('globalThis.__result').catch(() => undefined)) as PageResult;
      }
      return { value, errors, loads };
    },
    close: () => browser.close(),
  };
}
