// A trial that is killed in its epoch 7 goes on in epoch 7, and ends with the weights of one that
// was never disturbed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latestByPlace } from '../../../src/tune/lineage.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-epochs-'));
const script = join(folder, 'epochs.mjs');
beforeAll(() =>
  build({
    entryPoints: [join(import.meta.dirname, 'epochs.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    define: { __SLUICE_VERSION__: '"test"' },
    outfile: script,
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

/** What the process says, until it is done or has killed itself. */
function run(name: string, when: string, warned = /^$/): string[] {
  const args = [script, join(folder, `${name}.log`), join(folder, name), when];
  const { stdout, stderr, signal } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toMatch(warned);
  expect(signal).toBe(when === 'never' ? null : 'SIGKILL');
  return stdout.trim().split('\n');
}

async function trialsOf(name: string) {
  const storage = journalFile(join(folder, `${name}.log`));
  await storage.refresh();
  return latestByPlace(storage.trials(storage.study('epochs')!.id)).map(
    ({ state, values, params, intermediateValues }) => ({
      state,
      values,
      params,
      intermediateValues,
    }),
  );
}

const weightsIn = (lines: readonly string[]) =>
  Object.fromEntries(
    lines.filter((line) => line.startsWith('weights')).map((line) => line.split(' ').slice(1)),
  );

describe('kill -9 in epoch 7', () => {
  it('loses no epoch, and changes no bit', async () => {
    const calm = run('calm', 'never');
    const killed = run('killed', '1.7');
    expect(killed.at(-1)).toBe('1.7');
    expect(readdirSync(join(folder, 'killed')).sort()).toEqual([
      expect.stringMatching(/^epochs-[0-9a-f]{16}-1-0$/),
      expect.stringMatching(/^epochs-[0-9a-f]{16}-1-1$/),
    ]);
    // what the kill may have left half written
    const [kept] = readdirSync(join(folder, 'killed'));
    writeFileSync(join(folder, 'killed', kept.replace(/1-[01]$/, '0-1')), 'an old one');
    const rest = run('killed', 'never');
    expect(rest[0]).toBe('1.7');
    expect(rest.filter((line) => line.startsWith('1.'))).toEqual(['1.7', '1.8', '1.9']);
    expect({ ...weightsIn(killed), ...weightsIn(rest) }).toEqual(weightsIn(calm));
    expect(await trialsOf('killed')).toEqual(await trialsOf('calm'));
    expect(readdirSync(join(folder, 'killed'))).toEqual([]);
  });

  it('again and again, too', async () => {
    const calm = await trialsOf('calm');
    for (const when of ['0.3', '0.7', '0.9', '2.1', '2.2']) run('often', when);
    run('often', 'never');
    expect(await trialsOf('often')).toEqual(calm);
  });

  it('begins anew where its bytes are damaged', async () => {
    run('damaged', '0.4');
    for (const name of readdirSync(join(folder, 'damaged'))) {
      writeFileSync(join(folder, 'damaged', name), 'no state');
    }
    const said =
      /^trial 0 saved a checkpoint after step 3, .*\n.* after step 2, .* goes on at its start\n$/;
    expect(run('damaged', 'never', said)[0]).toBe('0.0');
    expect(await trialsOf('damaged')).toEqual(await trialsOf('calm'));
  });
});
