// The whole test run, in the order in which a fault is cheapest to find. Ends in one line
// `N passed, M failed` and exits with 1 if anything failed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium } from './support/chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = `${root}build/test`;
let passed = 0;
let failed = 0;

function run(command, args) {
  const shell = process.platform === 'win32';
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', shell }).status === 0;
}

function step(title, command, args) {
  console.log(`\n== ${title}`);
  const ok = run(command, args);
  if (ok) passed += 1;
  else failed += 1;
  return ok;
}

function suites(title, config) {
  console.log(`\n== ${title}`);
  const file = `${results}/${title.replaceAll(' ', '-')}.json`;
  rmSync(file, { force: true });
  const ok = run('npx', [
    'vitest',
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const counts = readCounts(file);
  passed += counts.passed;
  failed += counts.failed;
  // A runner that dies, or finds nothing to run, is a failure of its own.
  if (counts.failed === 0 && (!ok || counts.passed === 0)) failed += 1;
}

function readCounts(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const idle = report.numPendingTests + report.numTodoTests;
    return { passed: report.numPassedTests, failed: report.numFailedTests + idle };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** Debian and root: install the browser. Elsewhere the message of the browser tests says what to do. */
function ensureBrowser() {
  if (findChromium() || process.platform !== 'linux' || process.getuid?.() !== 0) return;
  console.log('\n== no Chromium or Chrome found: installing the one of Debian');
  if (run('apt-get', ['update', '-qq'])) {
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  }
}

mkdirSync(results, { recursive: true });
ensureBrowser();
if (step('build', 'npm', ['run', '--silent', 'build'])) {
  mkdirSync(results, { recursive: true });
  step('type check', 'npm', ['run', '--silent', 'check']);
  step('lint', 'npm', ['run', '--silent', 'lint']);
  suites('unit tests in Node', 'test/vitest.config.ts');
  suites('unit tests in Chromium', 'test/vitest.browser.config.ts');
  suites('the built package', 'test/platform/vitest.config.ts');
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
