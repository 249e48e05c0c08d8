// The package in a page: built by Vite and served by Vite's development server, with the
// settings that README.md states and under the policy that it states.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, visit } from './page.js';
import { createProject, type Project } from './project.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sample = (name: string) => readFileSync(new URL(`./app/${name}`, import.meta.url), 'utf8');
const readme = readFileSync(`${root}README.md`, 'utf8');

/** The block of the README in this language that starts so. */
function block(language: string, start: string): string {
  const begin = `\`\`\`${language}\n${start}`;
  const from = readme.indexOf(begin);
  expect(from, begin).toBeGreaterThan(-1);
  return readme.slice(readme.indexOf('\n', from) + 1, readme.indexOf('\n```', from));
}

let project: Project;
beforeAll(() => {
  project = createProject();
  for (const file of ['index.html', 'browser-main.js', 'objective.worker.js']) {
    project.write(file, sample(file));
  }
  project.node(join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'error');
});
afterAll(() => project?.remove());

async function built(headers: Record<string, string> = {}) {
  const page = await openPage(join(project.folder, 'dist'), headers);
  const result = await page.result();
  await page.close();
  return result;
}

async function served(configFile: string | false) {
  rmSync(join(project.folder, 'node_modules/.vite'), { recursive: true, force: true });
  const server = await createServer({
    root: project.folder,
    configFile,
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0 },
  });
  await server.listen();
  const page = await visit(server.resolvedUrls?.local[0] ?? '');
  const result = await page.result();
  await page.close();
  await server.close();
  return result;
}

describe('in a page built by Vite', () => {
  it('trains and tunes in Web Workers, with the numbers of Node', async () => {
    const { value, errors } = await built();
    expect(errors).toEqual([]);
    expect(value?.lastLoss).toBeLessThan(value?.firstLoss ?? 0);
    expect(value?.states).toEqual(Array(6).fill('COMPLETE'));
    project.write('node-portable.mjs', sample('node-portable.mjs'));
    const inNode = JSON.parse(project.node('node-portable.mjs').trim().split('\n').at(-1) ?? '');
    expect(value?.portable).toEqual(inNode.portable);
  });

  it('runs under the policy that the README states, and names it where it is missing', async () => {
    const policy = block('http', 'Content-Security-Policy: ').replace(/^[\w-]+: /, '');
    const { value, errors } = await built({ 'content-security-policy': policy });
    expect(errors).toEqual([]);
    expect(value?.states).toEqual(Array(6).fill('COMPLETE'));

    const without = policy.replace(" 'wasm-unsafe-eval'", '');
    expect(without).not.toBe(policy);
    const refused = await built({ 'content-security-policy': without });
    expect(refused.errors.join('\n')).toContain("needs script-src 'wasm-unsafe-eval'");
  });
});

describe("in Vite's development server", () => {
  it('loads the page once with the setting that the README states', async () => {
    const config = project.write('readme.config.js', block('js', '// vite.config.js'));
    const { value, errors, loads } = await served(config);
    expect(errors).toEqual([]);
    expect(value?.states).toEqual(Array(6).fill('COMPLETE'));
    expect(loads).toBe(1);
  });

  it('without it loads the page again when the first worker starts', async () => {
    expect((await served(false)).loads).toBeGreaterThan(1);
  });
});
