// The built package as its users meet it: installed from its tarball into an empty project,
// run in Node, and in a page built by Vite and opened in Chromium.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, type Project } from './project.js';
import { type Surroundings, surroundings, typeCheck } from './type-check.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sample = (name: string) => readFileSync(new URL(`./app/${name}`, import.meta.url), 'utf8');

let project: Project;
beforeAll(() => {
  project = createProject();
});
afterAll(() => project?.remove());

describe('the tarball', () => {
  it('holds what package.json promises, and no sources, tests or build leftovers', async () => {
    const { messages } = await publint({ pkgDir: join(project.folder, 'node_modules/sluice') });
    expect(messages).toEqual([]);
    const installed = join(project.folder, 'node_modules/sluice');
    for (const folder of ['src', 'test', 'assembly', 'build/test', 'build/docs']) {
      expect(existsSync(join(installed, folder)), folder).toBe(false);
    }
    for (const file of ['build/sluice.wasm', 'build/sluice-relaxed.wasm', 'LICENSE', 'README.md']) {
      expect(existsSync(join(installed, file)), file).toBe(true);
    }
  });

  it('carries the licences of what is bundled in it', () => {
    const notices = readFileSync(`${root}build/THIRD-PARTY-NOTICES.txt`, 'utf8');
    const headings = [...notices.matchAll(/^(\S+) \S+ \((.+)\)\n-{78}$/gm)].map(
      (match) => match[1],
    );
    expect(headings).toEqual([
      '@assemblyscript/loader',
      'ansi-regex',
      'assemblyscript',
      'comlink',
      'get-east-asian-width',
      'papaparse',
      'string-width',
      'strip-ansi',
    ]);
  });

  it('needs no other package', () => {
    const { dependencies = {} } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(dependencies).toEqual({});
  });

  it('keeps the kernels within 64 KB gzipped', () => {
    for (const file of ['build/sluice.wasm', 'build/sluice-relaxed.wasm']) {
      expect(gzipSync(readFileSync(root + file), { level: 9 }).length, file).toBeLessThanOrEqual(
        64 * 1024,
      );
    }
  });
});

describe('in Node', () => {
  it('exports exactly the public names', () => {
    project.write('names.mjs', sample('names.mjs'));
    const names = JSON.parse(project.node('names.mjs'));
    expect(names).toEqual(JSON.parse(sample('names.json')));
  });

  it('trains, tunes in workers, saves and loads', () => {
    project.write('objective.worker.js', sample('objective.worker.js'));
    project.write('node-main.mjs', sample('node-main.mjs'));
    const result = JSON.parse(project.node('node-main.mjs').trim().split('\n').at(-1) ?? '');
    expect(result.lastLoss).toBeLessThan(result.firstLoss);
    expect(result.loadedEqual).toBe(true);
    expect(result.states).toEqual(Array(6).fill('COMPLETE'));
    expect(result.journalTrials).toBe(6);
  });

  it('offers the command line', () => {
    const bin = join(project.folder, 'node_modules/.bin/sluice');
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(execFileSync(bin, ['--version'], { encoding: 'utf8' }).trim()).toBe(version);
    expect(execFileSync(bin, ['--help'], { encoding: 'utf8' })).toMatch(
      /tune[\s\S]*train[\s\S]*predict/,
    );
  });

  it('takes fused multiply-add where it is; the command switches it on, the library does not', () => {
    project.write('build.mjs', sample('build.mjs'));
    const since22 = Number(process.versions.node.split('.')[0]) >= 22;
    expect(project.node('build.mjs').trim()).toBe(since22 ? 'relaxed-simd' : 'simd');
    project.write(
      'week.csv',
      `n\n${Array.from({ length: 120 }, (_, i) => (i * i) % 7).join('\n')}\n`,
    );
    const tune = (...flags: string[]) => {
      const bin = join(project.folder, 'node_modules/.bin/sluice');
      const size = '--target n --window 7 --horizon 2 --trials 1 --epochs 1 --json'.split(' ');
      const run = ['tune', 'week.csv', ...size, ...flags];
      const out = execFileSync(bin, run, { cwd: project.folder, encoding: 'utf8' });
      return JSON.parse(out.trim().split('\n').at(-1) ?? '').build;
    };
    expect(tune('--out', 'fast')).toBe('relaxed-simd');
    expect(tune('--out', 'portable', '--portable')).toBe('simd');
  });
});

describe('the types', () => {
  const entries = ['sluice', 'sluice/node', 'sluice/worker'];

  it.each(Object.keys(surroundings) as Surroundings[])('of all entries compile in %s', (where) => {
    project.write('entries.ts', entries.map((entry) => `export * from '${entry}';\n`).join(''));
    const files = ['entries.ts'];
    if (where.startsWith('Node')) files.push(project.write('types.ts', sample('types.ts')));
    typeCheck(project, where, files);
  });
});
