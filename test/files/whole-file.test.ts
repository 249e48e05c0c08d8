import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownMark } from '../../src/files/process.js';
import { removeLeftovers, writeNew, writeWhole } from '../../src/files/whole-file.js';
import { workspace } from '../cli/cli-process.js';

describe('writeWhole and writeNew', () => {
  it('write, replace, and leave nothing beside', async () => {
    const folder = workspace();
    const path = join(folder, 'a.csv');
    await writeWhole(path, 'one');
    await writeWhole(path, Uint8Array.of(50));
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['2', ['a.csv']]);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => writeNew(join(folder, 'b'), `${i}`)),
    );
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(readFileSync(join(folder, 'b'), 'utf8')).toBe(String(results.indexOf(true)));
    expect(readdirSync(folder).sort()).toEqual(['a.csv', 'b']);
  });

  it('leave nothing behind when they fail', async () => {
    const folder = workspace();
    await expect(writeWhole(join(folder, 'no', 'x'), '')).rejects.toThrow(/ENOENT/);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('removeLeftovers', () => {
  it('removes drafts of dead processes of this machine, and nothing else', async () => {
    const folder = workspace();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const mine = ownMark();
    const [system, pid] = mine.split('-');
    const draft = (file: string, mark: string) => `${file}.sluice-${mark}-0123456789ab.tmp`;
    const gone = [
      draft('p.csv', `${system}-${dead}-01234567`),
      // The same number, another process: it has been given anew.
      draft('p.csv', `${system}-${pid}-01234567`),
    ];
    const kept = [
      'p.csv',
      'p.csv.1.tmp',
      'p.csv.0123456789ab.tmp',
      'notes.tmp',
      draft('p.csv', mine),
      draft('p.csv', `00000000-${dead}-01234567`),
      draft('other.csv', `${system}-${dead}-01234567`),
      `${draft('p.csv', `${system}-${dead}-01234567`)}.bak`,
    ];
    for (const name of [...gone, ...kept]) writeFileSync(join(folder, name), '');
    await removeLeftovers(folder, (name) => name === 'p.csv');
    expect(readdirSync(folder).sort()).toEqual([...kept].sort());
    await removeLeftovers(folder, (name) => name === 'p.csv', { own: true });
    expect(readdirSync(folder)).not.toContain(draft('p.csv', mine));
    expect(readdirSync(folder)).toHaveLength(kept.length - 1);
  });

  it('knows the drafts of writeWhole', async () => {
    const folder = workspace();
    const path = join(folder, 'report.html');
    let draft = '';
    const content = (async function* () {
      [draft] = readdirSync(folder);
      yield 'x';
    })();
    await writeWhole(path, content as unknown as string);
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['x', ['report.html']]);
    writeFileSync(join(folder, draft), '');
    await removeLeftovers(folder, (file) => file === 'report.html');
    expect(readdirSync(folder)).toContain(draft);
    await removeLeftovers(folder, (file) => file === 'report.html', { own: true });
    expect(readdirSync(folder)).toEqual(['report.html']);
  });
});
