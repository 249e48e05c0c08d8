// Several processes and one journal: the lock, and who runs a study.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { describeProcess, fateOf, ownIdentity, ownMark } from '../../../src/files/process.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { withLock } from '../../../src/tune/storage/journal-file-lock.js';
import { claimStudy } from '../../../src/tune/storage/journal-file-owner.js';
import { studyFactory } from '../../../src/tune/study.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-sharing-'));
afterAll(() => rmSync(folder, { recursive: true }));
let path: string;
let count = 0;
beforeEach(() => {
  path = join(folder, `${count++}.log`);
});

const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;
const identity = (parts: object) => JSON.stringify({ ...ownIdentity(), ...parts });

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

describe('the lock of a journal', () => {
  const lock = () => `${path}.lock`;
  const nothing = async () => {};

  it('lets one work at a time, and is gone afterwards, even after an error', async () => {
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await sleep(1);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 12 }, () => withLock(lock(), work)));
    const wrong = withLock(lock(), async () => {
      throw new Error('on purpose');
    });
    await expect(wrong).rejects.toThrow('on purpose');
    expect(existsSync(lock())).toBe(false);
  });

  it.each([
    ['link', () => symlinkSync(path, lock())],
    ['file', () => writeFileSync(lock(), '')],
  ])("waits for Optuna's %s", async (_, make) => {
    writeFileSync(path, 'not to be read as a lock');
    make();
    setTimeout(() => rmSync(lock()), 60);
    const waited = await elapsed(() => withLock(lock(), nothing, { stale: 10_000 }));
    expect(waited).toBeGreaterThan(50);
    expect(waited).toBeLessThan(1500);
  });

  it("breaks Optuna's when it is stale, ours when its process is dead", async () => {
    symlinkSync(path, lock());
    expect(await elapsed(() => withLock(lock(), nothing, { stale: 200 }))).toBeGreaterThan(190);
    writeFileSync(lock(), identity({ pid: deadPid() }));
    expect(await elapsed(() => withLock(lock(), nothing, { stale: 10_000 }))).toBeLessThan(1000);
    writeFileSync(lock(), identity({ start: 'another time' }));
    expect(await elapsed(() => withLock(lock(), nothing, { stale: 10_000 }))).toBeLessThan(1000);
    expect(readdirSync(folder).filter((name) => name.includes('.lock'))).toEqual([]);
  });

  it('waits for a process that lives', async () => {
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 150)']);
    const ended = new Promise((resolve) => other.on('close', resolve));
    const start = await startOf(other.pid as number);
    writeFileSync(lock(), identity({ pid: other.pid, ...start }));
    expect(await elapsed(() => withLock(lock(), nothing, { stale: 10_000 }))).toBeGreaterThan(50);
    await ended;
  });
});

describe('the lock of a living process', () => {
  const lock = () => `${path}.lock`;
  const stopped = async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const start = await startOf(other.pid as number);
    other.kill('SIGSTOP');
    writeFileSync(lock(), identity({ pid: other.pid, ...start, token: 'theirs' }));
    return other;
  };

  it('is not broken however long it is stopped; who holds it is said, and ends the wait', async () => {
    const other = await stopped();
    const said: string[] = [];
    const options = { stale: 50, patience: 1300, onWait: (message: string) => said.push(message) };
    const wait = withLock(lock(), async () => 'inside', options);
    await expect(wait).rejects.toThrow(
      new RegExp(
        `held by pid ${other.pid} on .*; let that process go on, or end it, and start again`,
      ),
    );
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(`for 1 s, it is held by pid ${other.pid} on .*, which is alive`),
      ),
    ]);
    const control = new AbortController();
    const aborted = withLock(lock(), async () => 'inside', { signal: control.signal });
    control.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    other.kill('SIGKILL');
    expect(await withLock(lock(), async () => 'inside')).toBe('inside');
  });

  it('held by this very process is not named by its number', async () => {
    const said: string[] = [];
    const onWait = (message: string) => said.push(message);
    await withLock(lock(), () =>
      withLock(lock(), async () => {}, { patience: 1100, onWait }).catch((error) =>
        said.push(String(error)),
      ),
    );
    expect(said[0]).toContain('it is held by another study of this same process');
    expect(said.join()).not.toContain(`pid ${process.pid}`);
  });

  it('that was taken away is noticed by its holder, who leaves the next one alone', async () => {
    await withLock(lock(), async (held) => {
      expect(held.isHeld()).toBe(true);
      rmSync(lock());
      expect(held.isHeld()).toBe(false);
      symlinkSync(path, lock());
    });
    expect(readdirSync(folder)).toContain(`${count - 1}.log.lock`);
    rmSync(lock());
  });
});

describe('what a killed process leaves beside the journal', () => {
  it('is removed where it is ours and its maker is dead; nothing else is', async () => {
    const name = `${count - 1}.log.lock`;
    const [host, , start] = ownMark().split('-');
    const dead = `${host}-${deadPid()}-${start}`;
    const uuid = '0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f';
    const old = { pid: deadPid(), host: ownIdentity().host.replace(/ \S+ /, ' '), start: 'tick 1' };
    const files: Record<string, string> = {
      [`.${dead}.3.draft`]: '',
      [`.${dead}.4.aside`]: 'x',
      '.0a1b2c3d4e5f.break': identity({ pid: deadPid(), token: 't' }),
      [`.0a1b2c3d4e5f.break.${dead}.5.draft`]: '',
      [`${uuid}.draft`]: JSON.stringify(old),
    };
    const kept: Record<string, string> = {
      [`.${ownMark()}.3.draft`]: '',
      [`.00000000-${deadPid()}-${start}.3.draft`]: 'of another machine',
      [`.${dead}.3.draft.txt`]: '',
      '.1a1b2c3d4e5f.break': identity({ token: 't' }),
      [`${uuid}.rename`]: 'not ours',
      '.tmp': "the user's",
    };
    for (const [rest, text] of Object.entries({ ...files, ...kept })) {
      writeFileSync(join(folder, name + rest), text);
    }
    await journalFile(path).refresh();
    const left = readdirSync(folder).filter((file) => file.startsWith(name));
    expect(left.sort()).toEqual(
      Object.keys(kept)
        .map((rest) => name + rest)
        .sort(),
    );
    for (const file of left) rmSync(join(folder, file));
  });
});

describe('what is no file where a file beside the journal belongs', () => {
  const pipe = (at: string) => expect(spawnSync('mkfifo', [at]).status).toBe(0);
  const kinds = [
    ['a folder', mkdirSync],
    ...(process.platform === 'win32' ? [] : [['a pipe', pipe] as const]),
  ] as const;
  const refusal = (at: string, what: string) => ({
    code: 'storage',
    message:
      `'${at}' is ${what}, expected a file that programs which share the journal keep there ` +
      'while they work: remove it, or move the journal to another folder',
  });

  it.each(kinds)('is named: %s for the lock', async (what, make) => {
    const lock = `${path}.lock`;
    make(lock);
    const expected = refusal(lock, what);
    await expect(journalFile(path).refresh()).rejects.toMatchObject(expected);
    expect(lstatSync(lock).isFile()).toBe(false);
    rmSync(lock, { recursive: true });
    await journalFile(path).refresh();
  });

  it.each(kinds)('is named: %s for the right to break a lock', async (what, make) => {
    const lock = `${path}.lock`;
    writeFileSync(lock, identity({ pid: deadPid(), token: 't' }));
    const id = createHash('sha256').update('t').digest('hex').slice(0, 12);
    make(`${lock}.${id}.break`);
    const expected = refusal(`${lock}.${id}.break`, what);
    await expect(journalFile(path).refresh()).rejects.toMatchObject(expected);
    expect(existsSync(`${lock}.${id}.break`)).toBe(true);
  });

  it.each([...kinds, ['a link', (at: string) => symlinkSync(`${path}.elsewhere`, at)] as const])(
    'is named: %s for the owner of a study',
    async (what, make) => {
      const storage = journalFile(path);
      const { id } = await storage.createStudy('s', ['minimize']);
      const owner = `${path}.${createHash('sha256').update('s').digest('hex').slice(0, 8)}.owner`;
      make(owner);
      await expect(storage.claim(id)).rejects.toMatchObject(refusal(owner, what));
      expect([lstatSync(owner).isFile(), existsSync(`${path}.elsewhere`)]).toEqual([false, false]);
      rmSync(owner, { recursive: true });
      await (await storage.claim(id))();
    },
  );

  it.each(kinds)('is left alone: %s named like a draft or a leftover', async (_, make) => {
    const [host, , start] = ownMark().split('-');
    const dead = `${host}-${deadPid()}-${start}`;
    const uuid = '0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f';
    const next = await nextNumber();
    expect(next).toBeGreaterThan(0);
    const names = [`.${dead}.3.draft`, `.${dead}.4.aside`, `${uuid}.draft`];
    for (let i = 0; i < 20; i++)
      names.push(`.${ownMark()}.${next + i}.draft`, `.${ownMark()}.${next + i}.aside`);
    for (const name of names) make(`${path}.lock${name}`);
    await journalFile(path).refresh();
    const left = readdirSync(folder).filter((file) => file.startsWith(basename(path)));
    expect(left.sort()).toEqual(
      [basename(path), ...names.map((name) => `${basename(path)}.lock${name}`)].sort(),
    );
  });

  it.each(kinds)(
    'is left alone: %s that takes the place of a lock that is held',
    async (_, make) => {
      const lock = `${path}.lock`;
      await withLock(lock, async (held) => {
        rmSync(lock);
        make(lock);
        expect(held.isHeld()).toBe(false);
      });
      expect(lstatSync(lock).isFile()).toBe(false);
    },
  );

  /** Drafts of this process are counted; one that cannot be written is named in the error. */
  async function nextNumber(): Promise<number> {
    const nowhere = withLock(join(folder, 'none', 'x.lock'), async () => {});
    const message = await nowhere.then(String, String);
    return Number(/\.(\d+)\.draft'/.exec(message)?.[1]) + 1;
  }
});

/** As that process would say itself; nothing where the system does not tell. */
async function startOf(pid: number): Promise<{ start?: string }> {
  if (process.platform !== 'linux') return {};
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { start: `tick ${fields[19]}` };
}

describe('process identities', () => {
  it('tell the dead from the living, and do not judge strangers', () => {
    const own = ownIdentity();
    expect(fateOf(own)).toBe('alive');
    expect(fateOf({ ...own, pid: deadPid() })).toBe('dead');
    expect(fateOf({ ...own, start: 'x' })).toBe('dead');
    expect(fateOf({ ...own, host: 'elsewhere', pid: deadPid() })).toBe('unknown');
  });

  it.skipIf(process.platform !== 'linux')('tell two machines of one name apart', () => {
    const [name, boot, namespace] = ownIdentity().host.split(' ');
    expect(boot).toMatch(/^[0-9a-f-]{36}$/);
    const twin = `${name} ${boot.replace(/./g, '0')} ${namespace}`;
    expect(fateOf({ ...ownIdentity(), host: twin, pid: deadPid() })).toBe('unknown');
  });

  it('never name the reader by his own number', () => {
    expect(describeProcess(ownIdentity())).not.toContain(String(process.pid));
    expect(describeProcess({ pid: 7, host: 'box x y', start: '' })).toBe('pid 7 on box');
  });
});

describe('the claim on a study', () => {
  const locked = <T>(work: () => Promise<T>) => withLock(`${path}.lock`, work);
  const claim = (silence?: number, onWait?: (message: string) => void) =>
    claimStudy(path, 'births', locked, { silence, onWait });
  const owner = () =>
    join(folder, readdirSync(folder).find((name) => name.endsWith('.owner')) ?? '');

  it('is one process only, until it gives it back', async () => {
    const release = await claim();
    await expect(claim()).rejects.toThrow(
      /study 'births' in '.*' is being optimized by this process already; wait for that call/,
    );
    await expect(claim()).rejects.not.toThrow(String(process.pid));
    await release();
    expect(readdirSync(folder).filter((name) => name.endsWith('.owner'))).toEqual([]);
    await (await claim())();
  });

  it('ends with its process', async () => {
    const release = await claim();
    const file = owner();
    writeFileSync(file, identity({ pid: deadPid() }));
    const again = await claim();
    await release(); // not ours any more: must not take it from its new owner
    expect(existsSync(file)).toBe(true);
    await again();
    writeFileSync(file, 'torn');
    await (await claim())();
  });

  it('ends with the silence of another machine', async () => {
    const release = await claim();
    const file = owner();
    const stranger = identity({ host: 'elsewhere' });
    writeFileSync(file, stranger);
    expect(await elapsed(async () => (await claim(300))())).toBeGreaterThan(250);
    writeFileSync(file, stranger);
    const beat = setInterval(() => utimesSync(file, new Date(), new Date()), 20);
    await expect(claim(300)).rejects.toThrow(
      /by another process \(pid \d+ on elsewhere\); .*If it is dead for certain, delete '.*\.owner'/,
    );
    clearInterval(beat);
    await release();
    rmSync(file);
  });

  it('compares no clocks: a file of tomorrow is watched like any other, and said to be', async () => {
    const release = await claim();
    const file = owner();
    writeFileSync(file, identity({ host: 'elsewhere x y', pid: 7 }));
    const tomorrow = new Date(Date.now() + 864e5);
    utimesSync(file, tomorrow, tomorrow);
    const said: string[] = [];
    const waited = await elapsed(async () => (await claim(1600, (m) => said.push(m)))());
    expect(waited).toBeGreaterThan(1500);
    expect(waited).toBeLessThan(8000);
    expect(said).toEqual([
      "study 'births' is claimed by pid 7 on elsewhere; watching up to 2 s whether that process still lives",
    ]);
    await release();
  });

  it('ends waiting when told to', async () => {
    const release = await claim();
    writeFileSync(owner(), identity({ host: 'elsewhere' }));
    const study = await studyFactory()({ name: 'births', storage: journalFile(path) });
    const signal = AbortSignal.timeout(200);
    const wait = study.optimize({ space: () => ({}), trials: 1, objective: () => 1, signal });
    await expect(wait).rejects.toMatchObject({ code: 'aborted' });
    rmSync(owner());
    await release();
  });

  it('stands while optimize runs, and leaves nothing behind', async () => {
    const createStudy = studyFactory();
    const study = await createStudy({ storage: journalFile(path) });
    const other = await createStudy({ storage: journalFile(path) });
    const options = { space: () => ({}), trials: 1 };
    let refused: unknown;
    await study.optimize({
      ...options,
      objective: async () => {
        refused = await other.optimize({ ...options, objective: () => 1 }).catch((e) => e);
        return 1;
      },
    });
    expect(refused).toMatchObject({ code: 'storage' });
    expect(String(refused)).toContain('is being optimized by this process already');
    const mine = readdirSync(folder).filter((name) => name.startsWith(`${count - 1}.log`));
    expect(mine).toEqual([`${count - 1}.log`]);
  });
});

describe('two processes with studies of their own in one journal', () => {
  it('do not disturb each other', async () => {
    const script = join(folder, 'child.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'sharing-child.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
    });
    const run = (name: string) =>
      new Promise<number | null>((resolve) => {
        spawn(process.execPath, [script, path, name], { stdio: 'inherit' }).on('close', resolve);
      });
    expect(await Promise.all([run('a'), run('b')])).toEqual([0, 0]);
    const storage = journalFile(path);
    await storage.refresh();
    for (const name of ['a', 'b']) {
      const trials = storage.trials(storage.study(name)?.id ?? -1);
      expect(trials).toHaveLength(40);
      for (const trial of trials) {
        expect(trial).toMatchObject({
          state: 'COMPLETE',
          params: { [name]: trial.value },
          intermediateValues: { 0: trial.value, 1: trial.value },
        });
      }
    }
  });
});
