// What may go wrong around a study: nothing is lost, nothing of others is touched, and it is said.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createStudy, type FrozenTrial, journalFile } from 'sluice/node';
import { describe, expect, it, vi } from 'vitest';
import { LOOKBACK } from '../../src/cli/commands.js';
import { dailyCsv } from '../forecast/series-samples.js';
import { lastLine, run, start, workspace } from './cli-process.js';

const folder = workspace({
  'daily.csv': dailyCsv(400),
  // Loaded before the program, in its workers too: there, training ends in one and the same error.
  'broken.mjs': `import { isMainThread } from 'node:worker_threads';
if (!isMainThread) Float32Array.prototype.set = () => { throw new Error('no\\u001b[2J set'); };`,
});
const args = ['tune', 'daily.csv', '--target', 'value', '--window', '14', '--horizon', '3'];
const portable = [...args, '--portable', '--epochs', '2'];
const work = [...portable, '--workers', '2'];
const openStudy = (out: string) =>
  createStudy({ name: 'value', storage: journalFile(join(folder, out, 'study.log')) });
const AT_REST = ['model.safetensors', 'report.html', 'study.json', 'study.log'];

describe('a study', () => {
  it('whose weights cannot be written stops, and runs that trial again when resumed', async () => {
    // one worker: with two, a trial under way while the folder is moved may still find it, and end the study
    const words = [...portable, '--workers', '1', '--trials', '8'];
    const whole = await run(folder, ...words, '--out', 'whole', '--json');
    expect(whole.code, whole.stderr).toBe(0);
    const running = start(folder, [...words, '--out', 'full']);
    await running.seen(/^\[1\/8\]/m);
    // The weights of that trial are looked after once it is told of.
    const model = join(folder, 'full/model.safetensors');
    await vi.waitFor(() => expect(existsSync(model)).toBe(true), { timeout: 5000, interval: 5 });
    renameSync(join(folder, 'full/trials'), join(folder, 'away-trials'));
    const { code, stderr } = await running.finished;
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(
      /^error: study 'value' was stopped: trial \d could not write: .*model not saved to full\/trials\/.*add --resume/m,
    );
    expect(stderr).toMatch(/^to go on: .*--resume$/m);
    expect(stderr).not.toMatch(/optimize\(\)| {4}at |\(at /);
    const resume = [...words, '--out', 'full', '--resume', '--json'];
    const last = await run(folder, ...resume);
    expect(last.code, last.stderr).toBe(0);
    expect(lastLine(last).trials).toEqual(lastLine(whole).trials);
    expect(lastLine(last).test).toEqual(lastLine(whole).test);
    expect(readdirSync(join(folder, 'full')).sort()).toEqual(AT_REST);
  });

  it('that is not there is begun by --resume too, which says so', async () => {
    const words = [...work, '--trials', '1', '--out', 'fresh', '--resume'];
    const note = /^note: there is no study in fresh to go on with; a new one begins$/m;
    const first = await run(folder, ...words);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toMatch(note);
    expect((await run(folder, ...words)).stderr).not.toMatch(note);
  });

  it('whose folder goes away stops with what that means', async () => {
    const running = start(folder, [...work, '--trials', '200', '--out', 'gone']);
    await running.seen(/^\[1\/200\]/m);
    renameSync(join(folder, 'gone'), join(folder, 'away')); // at once: files appear in it all the time
    const { code, stderr } = await running.finished;
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^error: .*gone/m);
    expect(stderr).not.toMatch(/unexpected/);
  });

  it('whose first three trials fail alike stops with their reason', async () => {
    const words = [...work, '--trials', '20', '--out', 'alike'];
    const flags = ['--import', join(folder, 'broken.mjs')];
    const { code, stderr } = await start(folder, words, {}, flags).finished;
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(
      /^error: study 'value' was stopped: its first three trials failed for the same reason: .*no\\x1b\[2J set.*add --resume$/m,
    );
    expect(stderr).not.toMatch(/optimize\(\)/);
    expect(stderr).not.toContain('\u001b');
    // while the third one is slow to fail, those that need not wait for it may run: LOOKBACK of them
    expect((await openStudy('alike')).trials.length).toBeLessThanOrEqual(2 + LOOKBACK);
  });

  it('uses the best trial that has weights here where a better one was run elsewhere', async () => {
    const first = await run(folder, ...work, '--trials', '2', '--out', 'shared', '--json');
    expect(first.code, first.stderr).toBe(0);
    const elsewhere = await openStudy('shared');
    const space = (t: { suggestFloat(name: string, low: number, high: number): number }) => ({
      x: t.suggestFloat('x', 0, 1),
    });
    await elsewhere.optimize({ space, objective: () => 0.001, trials: 1 });
    const words = [...work, '--out', 'shared', '--resume', '--json'];
    for (const trials of ['3', '5']) {
      const { code, stdout, stderr } = await run(folder, ...words, '--trials', trials);
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(
        /^note: trial 2 \(0\.001\) is better, but its weights are not in this folder .*: the model is that of trial \d/m,
      );
      const { best } = lastLine({ code, stdout, stderr, signal: null });
      expect(best.number).not.toBe(2);
      const own = (await openStudy('shared')).trials.filter((one) => one.number !== 2);
      const least = (list: readonly FrozenTrial[]) => Math.min(...list.map((one) => one.value!));
      expect(best.value).toBe(least(own.filter((one) => one.state === 'COMPLETE')));
    }
    expect(readFileSync(join(folder, 'shared/report.html'), 'utf8')).toMatch(
      /trial 2 \(0\.001\) is better/,
    );
  });

  it('that is resumed three times at once is finished by one, and by the others refused', async () => {
    const words = [...work, '--trials', '2', '--out', 'thrice'];
    expect((await run(folder, ...words)).code).toBe(0);
    for (let round = 0; round < 4; round++) {
      const all = await Promise.all([1, 2, 3].map(() => run(folder, ...words, '--resume')));
      for (const { code, stderr } of all) {
        if (code === 0) continue;
        expect([code, stderr]).toEqual([
          1,
          expect.stringMatching(/^error: study 'value' .*another process \(pid \d+/m),
        ]);
        expect(stderr).not.toMatch(/ENOENT/);
      }
      expect(all.filter(({ code }) => code === 0).length).toBeGreaterThanOrEqual(1);
      expect(readdirSync(join(folder, 'thrice')).sort()).toEqual(AT_REST);
    }
  });

  it('touches nothing in its folder that it did not make', async () => {
    const mine = ['notes.tmp', 'report.html.1.tmp', 'model.safetensors.abc.tmp', 'data.csv'];
    mkdirSync(join(folder, 'mine'));
    for (const name of mine) writeFileSync(join(folder, 'mine', name), name);
    const words = [...work, '--trials', '2', '--out', 'mine'];
    expect((await run(folder, ...words)).code).toBe(0);
    mkdirSync(join(folder, 'mine/trials'));
    writeFileSync(join(folder, 'mine/trials/more.tmp'), 'more.tmp');
    expect((await run(folder, ...words, '--resume')).code).toBe(0);
    expect(readdirSync(join(folder, 'mine')).sort()).toEqual(
      [...AT_REST, ...mine, 'trials'].sort(),
    );
    for (const name of [...mine, 'trials/more.tmp'])
      expect(readFileSync(join(folder, 'mine', name), 'utf8')).toBe(name.replace('trials/', ''));
  });

  it('goes on when whoever reads along goes away', async () => {
    const running = start(folder, [...work, '--trials', '4', '--out', 'unread', '--json']);
    await running.seen(/^\[1\/4\]/m);
    running.process.stderr?.destroy();
    running.process.stdout?.destroy();
    const code = await new Promise((resolve) => running.process.on('exit', resolve));
    expect(code).toBe(0);
    expect(readdirSync(join(folder, 'unread')).sort()).toEqual(AT_REST);
    expect((await openStudy('unread')).trials).toHaveLength(4);
  });
});
