/**
 * `npm run bench:peers [-- --seconds 3 --only W1,W2]`: sluice, TensorFlow.js and PyTorch on
 * the same workloads, the same inputs and weights, one thread each, every measurement in a
 * process of its own, one after another. The first losses are compared before any time is
 * believed; the exit code is 1 where they differ.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatMs, machineLine, table } from '../measure.mjs';
import { pickWorkloads, usefulFlops } from '../workload-list.mjs';
import { packageVersion } from './peer-protocol.mjs';
import { findPython, pythonEnvironment, pythonInput, pythonWarning } from './python.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: flags } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, only: { type: 'string' } },
});
const python = findPython();

const PEERS = [
  { name: 'sluice fast', run: (workload) => runNode('sluice.mjs', 'fast', workload) },
  { name: 'sluice portable', run: (workload) => runNode('sluice.mjs', 'portable', workload) },
  { name: 'PyTorch, 1 thread', run: runPyTorch },
  { name: 'tfjs wasm', run: (workload) => runNode('tfjs.mjs', 'wasm', workload) },
  { name: 'tfjs cpu', run: (workload) => runNode('tfjs.mjs', 'cpu', workload) },
];

function runNode(script, variant, workload) {
  const args = [`${here}${script}`, variant, workload.name, flags.seconds];
  return answerOf(spawnSync(process.execPath, args, spawnOptions()));
}

function runPyTorch(workload) {
  if (python === undefined) return { error: 'no Python with PyTorch found (set PYTHON)' };
  const input = pythonInput(workload);
  const options = { ...spawnOptions(), input, env: pythonEnvironment() };
  return answerOf(spawnSync(python.command, [`${here}pytorch.py`, flags.seconds], options));
}

function spawnOptions() {
  const timeout = 1000 * (60 + 20 * Number(flags.seconds));
  return { encoding: 'utf8', timeout, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 };
}

/** The last line of a peer's output, or why there is none. */
function answerOf({ error, signal, status, stdout, stderr }) {
  if (error?.code === 'ETIMEDOUT') return { error: 'no step finished in time' };
  const answer = stdout?.split('\n').find((line) => line.startsWith('{'));
  if (answer !== undefined) return JSON.parse(answer);
  const reason = stderr?.trim().split('\n').at(-1) || error?.message;
  return { error: `exit ${signal ?? status}: ${reason}` };
}

/** Largest relative difference of the losses that both have; the first has no training behind it. */
function lossFault(losses, expected) {
  for (let step = 0; step < Math.min(losses.length, expected.length); step++) {
    const allowed = (step === 0 ? 1e-5 : 1e-4) * Math.abs(expected[step]);
    if (!(Math.abs(losses[step] - expected[step]) <= allowed)) {
      return `loss ${step + 1} is ${losses[step]}, sluice has ${expected[step]}`;
    }
  }
  return undefined;
}

function measure(workload) {
  const rows = [];
  for (const { name, run } of PEERS) {
    process.stderr.write(`${workload.name} ${name} ...\n`);
    const answer = run(workload);
    if (answer.error === undefined) {
      const fault = lossFault(answer.losses, rows[0]?.answer.losses ?? answer.losses);
      if (fault !== undefined) answer.fault = fault;
    }
    rows.push({ name, answer, ratio: answer.best / (rows[0]?.answer ?? answer).best });
  }
  return rows;
}

function tableRow(workload, { name, answer, ratio }) {
  if (answer.error !== undefined)
    return [workload.name, name, '', '', '', '', `failed: ${answer.error}`];
  const gflops = usefulFlops(workload) / answer.best / 1e6;
  return [
    workload.name,
    name,
    formatMs(answer.best),
    formatMs(answer.median),
    answer.steps,
    gflops.toPrecision(3),
    answer.fault ?? (Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)} x`),
  ];
}

const workloads = pickWorkloads(flags.only);
console.log(machineLine());
const torch = python
  ? `PyTorch ${python.version}, ${python.gflops.toFixed(0)} GFLOP/s in a 256 x 256 product`
  : 'no PyTorch found';
console.log(`TensorFlow.js ${packageVersion('@tensorflow/tfjs-core')}; ${torch}`);
console.log('A training step: forward, backward, Adam; float32; one thread.');
console.log(pythonWarning(python));
const results = workloads.map((workload) => ({ workload, rows: measure(workload) }));
const head = ['', 'library', 'best ms', 'median ms', 'steps', 'GFLOP/s', 'time / sluice fast'];
const lines = results.flatMap(({ workload, rows }) => rows.map((row) => tableRow(workload, row)));
console.log(table(head, lines));
const failed = results.some(({ rows }) => rows.some(({ answer }) => answer.fault !== undefined));
const missing = results.some(({ rows }) => rows[0].answer.error !== undefined);
if (failed) console.error('\nLosses differ: the times above do not compare the same computation.');
if (failed || missing) process.exitCode = 1;
