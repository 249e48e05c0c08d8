/**
 * What else a user waits for, measured after the training steps: inference, a study, the start of a process,
 * its memory, and what is installed. `node more.mjs [--rounds 2]`; one thread unless it says otherwise.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { count, readFlags } from '../flags.mjs';
import { table } from '../measure.mjs';
import { node24, WIDE } from './nodes.mjs';
import { pythonEnvironment, setUpPython } from './python.mjs';

const { rounds } = readFlags({ rounds: count(2) });
const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const python = setUpPython();
const thisNode = `Node ${process.versions.node.split('.')[0]}`;

function run(command, ...args) {
  const env = { ...pythonEnvironment(), OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.slice(-500)}`);
  return { stdout, seconds: (performance.now() - start) / 1000 };
}

const lines = ({ stdout }) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

function inference() {
  const folder = `${root}build/peers-onnx`;
  mkdirSync(folder, { recursive: true });
  run(python, `${here}onnx_models.py`, folder);
  const peers = [
    ['sluice, Node 24, 256 bits', () => run(node24, WIDE, `${here}sluice-infer.mjs`)],
    [`sluice, ${thisNode}`, () => run(process.execPath, `${here}sluice-infer.mjs`)],
    ['PyTorch', () => run(python, `${here}torch_infer.py`)],
    ['onnxruntime-node', () => run(process.execPath, `${here}onnx-infer.mjs`, 'node', folder)],
    ['onnxruntime-web', () => run(process.execPath, `${here}onnx-infer.mjs`, 'web', folder)],
  ];
  const best = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of peers) {
      for (const { workload, ...times } of lines(measure())) {
        const key = `${workload}|${name}`;
        const before = best.get(key) ?? times;
        for (const what of Object.keys(times)) before[what] = Math.min(before[what], times[what]);
        best.set(key, before);
      }
    }
  }
  const ms = (value) => (value < 0.1 ? value.toFixed(5) : value.toPrecision(3));
  const rows = [...best].map(([key, { batch1, batch32, step }]) => [
    ...key.split('|'),
    ms(batch1),
    ms(batch32),
    ms(step),
  ]);
  rows.sort((a, b) => a[0].localeCompare(b[0]));
  const head = ['', 'library', 'batch 1, ms', 'batch 32, ms', 'one step, ms'];
  console.log(`\nInference over 100 steps, best of ${rounds} rounds.\n`);
  console.log(table(head, rows));
}

function studies() {
  const peers = [
    ['sluice, Node 24, 256 bits', () => run(node24, WIDE, `${here}sluice-study.mjs`)],
    [`sluice, ${thisNode}`, () => run(process.execPath, `${here}sluice-study.mjs`)],
    ['Optuna and PyTorch', () => run(python, `${here}torch_study.py`)],
  ];
  const seconds = peers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    peers.forEach(([name, measure], n) => {
      const { seconds: whole, ...rest } = measure();
      const [{ states }] = lines(rest);
      if (!/^C+$/.test(states)) throw new Error(`${name}: trials ended as ${states}`);
      seconds[n].push(whole);
    });
  }
  console.log(
    '\nA study of 12 configurations, 10 epochs each on 3,800 windows, two workers of one',
  );
  console.log('thread, from the start of the process to its end.\n');
  const rows = peers.map(([name], n) => [
    name,
    Math.min(...seconds[n]).toFixed(1),
    (Math.min(...seconds[n]) / Math.min(...seconds[0])).toFixed(2),
  ]);
  console.log(table(['', 'seconds', 'time / sluice'], rows));
}

/** Kilobytes of what is installed, by folder or file. */
const kilobytes = (...paths) =>
  run('du', '-sck', ...paths)
    .stdout.trim()
    .split('\n')
    .at(-1)
    .split('\t')[0];

function starts() {
  const packed = JSON.parse(
    run('npm', 'pack', '--prefix', root, root, '--dry-run', '--json', '--ignore-scripts').stdout,
  );
  const site = run(python, '-c', 'import site; print(site.getsitepackages()[0])').stdout.trim();
  const nvidia = ['torch', 'nvidia', 'triton'].map((name) => `${site}/${name}`);
  const peers = [
    [
      'sluice, Node 24',
      () => run(node24, `${here}sluice-start.mjs`),
      packed[0].unpackedSize / 1024,
    ],
    ['PyTorch', () => run(python, `${here}torch_start.py`), kilobytes(...nvidia)],
  ];
  const rows = peers.map(([name, measure, installed]) => {
    const runs = Array.from({ length: 5 }, measure);
    const seconds = Math.min(...runs.map((one) => one.seconds));
    const megabytes = Number(runs[0].stdout.trim().split('\n').at(-1));
    return [name, seconds.toFixed(2), megabytes, (Number(installed) / 1024).toFixed(1)];
  });
  console.log(
    '\nFrom the start of a process to a model that has trained one step, its peak memory,',
  );
  console.log('and what is installed (PyTorch with the CUDA parts that it brings).\n');
  console.log(table(['', 'seconds', 'peak MB', 'installed MB'], rows));
}

if (python === undefined) throw new Error('no Python 3 with pip found');
inference();
studies();
starts();
