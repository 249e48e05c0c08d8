// A study whose process is killed again and again ends as one that was never disturbed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src/random.js';
import { isPending, latestByPlace } from '../../../src/tune/lineage.js';
import { decodeJson } from '../../../src/tune/storage/journal-codec.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import type { FrozenTrial } from '../../../src/tune/trial.js';
import { killStudy, totalTrials } from './study.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
const script = join(folder, 'child.mjs');
const journal = join(folder, 'study.log');

beforeAll(() =>
  build({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the child until it is done, or kills it so many milliseconds after its first trial began. */
function run(killAfter: number | undefined): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, journal], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (killAfter !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfter);
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (errors !== '' || (code !== 0 && code !== null))
        reject(new Error(`exit ${code}: ${errors}`));
      else
        resolve(
          out
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line)),
        );
    });
  });
}

function byPlace(trials: readonly FrozenTrial[]) {
  return latestByPlace(trials).map(
    ({ number, datetimeStart, datetimeComplete, systemAttrs, ...rest }) => ({
      ...rest,
      fail: systemAttrs.fail_reason,
    }),
  );
}

describe('a study whose process is killed', () => {
  it('loses no finished trial and ends as if nothing had happened', async () => {
    const random = new Random(20);
    const seen = new Map<number, unknown[]>();
    let kills = 0;
    for (let done = false; !done; ) {
      const said = await run(kills < 8 ? random.integer(0, 50) : undefined);
      done = said.at(-1) === 'done';
      kills += done ? 0 : 1;
      for (const word of said) if (Array.isArray(word)) seen.set(word[0], word);

      // All lines but the last are whole, whatever moment it was.
      const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1);
      for (const line of lines) expect(decodeJson(line)).toHaveProperty('op_code');
      const { trials } = await killStudy(journalFile(journal));
      for (const [number, state, value] of seen.values()) {
        const trial = trials[number as number];
        expect([trial.number, trial.state, trial.value ?? null]).toEqual([number, state, value]);
      }
    }
    expect(kills).toBeGreaterThanOrEqual(5);

    const { trials } = await killStudy(journalFile(journal));
    const interrupted = trials.filter(isPending);
    expect(interrupted.length).toBeGreaterThan(0);
    for (const trial of interrupted) {
      const again = trials.filter((t) =>
        (t.systemAttrs.retry_history as number[] | undefined)?.includes(trial.number),
      );
      expect(again.length).toBeGreaterThan(0);
      expect(again[0].params).toEqual(trial.params);
    }

    const twin = await killStudy();
    await twin.optimize({ ...killStudy.plan, totalTrials, objective: killStudy.objective });
    expect(new Set(twin.trials.map((t) => t.state)).size).toBe(3);
    expect(byPlace(trials)).toEqual(byPlace(twin.trials));
  });
});
