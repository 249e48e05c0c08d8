// A Node that has 256-bit vectors: this one where it is new enough, else 24 from npm, once.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '24.21.0';
const folder = fileURLToPath(new URL('../../build/test/node-24', import.meta.url));

/** The path of its executable. */
export function node24(): string {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const path = join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const install = ['install', '--no-save', '--no-audit', '--no-fund', `${name}@${VERSION}`];
  execFileSync('npm', install, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  return path;
}
