// A claim is given up however the work under it ends, and never hides how it ended.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { claimStudy } from '../../../src/tune/storage/journal-file-owner.js';
import { thenRelease } from '../../../src/tune/storage/then-release.js';
import { studyFactory } from '../../../src/tune/study.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-release-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const createStudy = studyFactory();
const full = () =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });

describe('thenRelease', () => {
  it('throws the error of the work, not that of the release', async () => {
    let released = 0;
    const release = async () => {
      released += 1;
      throw new Error('of the release');
    };
    const work = async () => {
      throw new Error('of the work');
    };
    await expect(thenRelease(release, work)).rejects.toThrow('of the work');
    await expect(thenRelease(release, async () => 1)).rejects.toThrow('of the release');
    expect(released).toBe(2);
  });

  it('gives what the work gave, once all is released', async () => {
    const order: string[] = [];
    const release = async () => void order.push('release');
    const work = async () => order.push('work');
    expect(await thenRelease(release, work)).toBe(1);
    expect(order).toEqual(['work', 'release']);
  });
});

describe('a claim', () => {
  it('is given up where a full disk has no place for a lock', async () => {
    const path = join(folder, 'full.log');
    let room = true;
    const locked = async <T>(work: () => Promise<T>) => {
      if (!room) throw full();
      return work();
    };
    const release = await claimStudy(path, 's', locked);
    room = false;
    await release();
    room = true;
    await (await claimStudy(path, 's', locked))();
  });

  it('does not hide why the study stopped when its folder is gone', async () => {
    const own = mkdtempSync(join(folder, 'gone-'));
    const path = join(own, 'study.log');
    const study = await createStudy({ storage: journalFile(path) });
    const optimized = study.optimize({
      space: (t) => ({ x: t.suggestFloat('x', 0, 1) }),
      objective: ({ x }) => {
        rmSync(own, { recursive: true, force: true });
        return x;
      },
      trials: 1,
    });
    await expect(optimized).rejects.toMatchObject({
      name: 'SluiceError',
      code: 'storage',
      message: expect.stringMatching(/^journal '.*study\.log': ENOENT.*the folder must exist/),
    });
    expect(existsSync(own)).toBe(false);
  });

  it('that cannot be given up is told of in one sentence', async () => {
    const own = mkdtempSync(join(folder, 'late-'));
    const storage = journalFile(join(own, 'study.log'));
    const { id } = await storage.createStudy('s', ['minimize']);
    const release = await storage.claim(id);
    rmSync(own, { recursive: true });
    await release(); // nothing is left to be given up
    expect(existsSync(own)).toBe(false);
  });
});
