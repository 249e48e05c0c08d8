// The report in a real browser: offline, at every width, without faults, by keyboard.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReportInput, renderReport } from '../../src/report/report.js';
import { chromiumArgs, requireChromium } from '../support/chromium.mjs';
import { sampleInput } from '../support/report-sample.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-report-'));
let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: requireChromium(), args: chromiumArgs });
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** Requests beside the file itself, console errors, violations of the policy. */
  readonly faults: string[];
}

async function open(input: ReportInput, width: number, javaScript = true): Promise<Opened> {
  const file = join(folder, `${width}.html`);
  writeFileSync(file, renderReport(input));
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    javaScriptEnabled: javaScript,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  const url = pathToFileURL(file).href;
  page.on('request', (request) => request.url() !== url && faults.push(request.url()));
  page.on('console', (message) => faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(url);
  return { page, faults };
}

const long = '<script>document.title = "owned"</script>'.repeat(20) + 'x'.repeat(400);
const sample = sampleInput();
const hostile: ReportInput = {
  ...sample,
  study: { ...sample.study, name: long },
  trials: sample.trials.map((trial) => ({
    ...trial,
    params: { ...trial.params, [long]: long },
    failReason: trial.state === 'FAIL' ? long : undefined,
  })),
  bestParams: { [long]: long },
  forecast: { ...sample.forecast!, target: long },
  data: { ...sample.data, file: long, columns: [long], target: long },
  reproduce: { ...sample.reproduce, command: long, machine: long },
};

describe('in Chromium', () => {
  it.each([320, 360, 900, 1400])('nothing runs over the side at %i px', async (width) => {
    for (const input of [sample, hostile]) {
      const { page, faults } = await open(input, width);
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(over).toBe(0);
      expect(faults).toEqual([]);
      expect(await page.title()).not.toBe('owned');
      await page.context().close();
    }
  });

  it('a chart is read out by pointer and by arrow keys', async () => {
    const { page, faults } = await open(sample, 900);
    const plot = page.locator('#forecast .plot').first();
    const tip = page.locator('#forecast .tip').first();
    expect(await tip.isVisible()).toBe(false);
    await plot.focus();
    expect(await tip.textContent()).toContain('Wed 31 Dec 2014');
    await page.keyboard.press('ArrowLeft');
    expect(await tip.textContent()).toContain('Tue 30 Dec 2014');
    await page.keyboard.press('Home');
    expect(await tip.textContent()).toContain('Thu 6 Nov 2014');
    await page.keyboard.press('Escape');
    expect(await tip.isVisible()).toBe(false);
    await plot.hover({ position: { x: 3, y: 40 } });
    expect(await tip.textContent()).toContain('Thu 6 Nov 2014');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('is complete without script', async () => {
    const { page } = await open(sample, 900, false);
    expect(await page.locator('.plot').count()).toBe(14);
    const box = await page.locator('#forecast .plot .line.model').first().boundingBox();
    expect(box!.width).toBeGreaterThan(600);
    await page.context().close();
  });

  it('is dark where the reader prefers it, and light on paper', async () => {
    const { page } = await open(sample, 900);
    const paper = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await paper();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await paper()).not.toBe(light);
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    expect(await paper()).toBe('rgb(255, 255, 255)');
    await page.context().close();
  });
});
