/**
 * `npm run bench:peers [-- --seconds 2 --rounds 3 --only W1,W2 --peers 'PyTorch|JAX']`: sluice beside PyTorch, JAX, Keras on
 * TensorFlow and TensorFlow.js on the same workloads, inputs and weights. Every measurement is a process of
 * its own; rounds go through all of them in turn, and a ratio is that of two neighbours in one
 * round. The first losses are compared before any time is believed; the exit code is 1 where they
 * differ.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { count, readFlags, seconds, someOf } from '../flags.mjs';
import { formatMs, machineLine, table } from '../measure.mjs';
import { pickWorkloads } from '../workload-list.mjs';
import { node24, WIDE } from './nodes.mjs';
import { ALL_WORKLOADS, flopsOf, isText, packageVersion } from './peer-protocol.mjs';
import { pythonEnvironment, pythonInput, pythonVersions, setUpPython } from './python.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const sluice = (name, node, threads, numerics = 'fast', nodeFlags = []) => ({
  name,
  threads,
  run: (workload) =>
    runNode(node, [...nodeFlags, `${here}sluice.mjs`, numerics, threads, workload.name]),
});
const inPython = (name, script, threads, correctsFirst = false) => ({
  name,
  threads,
  correctsFirst,
  run: (workload) => runPython(script, threads, workload),
});
const tfjs = (backend) => ({
  name: `TensorFlow.js, ${backend}`,
  threads: 1,
  once: true,
  knows: (workload) => !isText(workload),
  correctsFirst: true,
  run: (workload) => runNode(process.execPath, [`${here}tfjs.mjs`, backend, workload.name]),
});

/** The first of each number of threads is what the others are compared with. */
const ALL = [
  sluice('sluice, Node 24, 256 bits', node24, 1, 'fast', [WIDE]),
  inPython('PyTorch', 'pytorch.py', 1, true),
  inPython('JAX', 'jax_scan.py', 1),
  inPython('Keras on TensorFlow', 'keras_tf.py', 1),
  sluice('sluice, Node 24, 256 bits, portable', node24, 1, 'portable', [WIDE]),
  sluice(`sluice, Node ${process.versions.node.split('.')[0]}`, process.execPath, 1),
  tfjs('wasm'),
  tfjs('cpu'),
  sluice('sluice, Node 24, 256 bits', node24, 2, 'fast', [WIDE]),
  inPython('PyTorch', 'pytorch.py', 2, true),
];
const reference = ALL[0].name;
const names = (list) => [...new Set(list.map(({ name }) => name))];
const flags = readFlags({
  seconds: seconds(2),
  rounds: count(3),
  only: someOf(names(ALL_WORKLOADS)),
  peers: someOf(names(ALL), '|'),
});
const PEERS = ALL.filter(({ name }) => name === reference || (flags.peers?.includes(name) ?? true));
const python = setUpPython();

function runNode(executable, args) {
  return answerOf(spawnSync(executable, [...args, flags.seconds].map(String), spawnOptions()));
}

function runPython(script, threads, workload) {
  if (python === undefined) return { error: 'no Python 3 with pip found' };
  const options = { ...spawnOptions(), input: pythonInput(workload), env: pythonEnvironment() };
  return answerOf(
    spawnSync(python, [`${here}${script}`, String(flags.seconds), String(threads)], options),
  );
}

function spawnOptions() {
  const timeout = 1000 * (90 + 20 * flags.seconds);
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

/**
 * Where losses differ by more than rounding; the first has no training behind it. PyTorch and TensorFlow.js
 * add Adam's epsilon to the corrected root, Keras and we to the one before: weights whose gradients
 * are about as small as epsilon move otherwise.
 */
function lossFault(losses, expected, correctsFirst) {
  for (let step = 0; step < Math.min(losses.length, expected.length); step++) {
    const later = correctsFirst ? 1e-2 : 1e-4;
    const allowed = (step === 0 ? 1e-5 : later) * Math.abs(expected[step]);
    if (!(Math.abs(losses[step] - expected[step]) <= allowed)) {
      return `loss ${step + 1} is ${losses[step]}, sluice has ${expected[step]}`;
    }
  }
  return undefined;
}

/** All rounds of a workload: one entry a peer, with the answers of its rounds. */
function measure(workload) {
  const peers = PEERS.filter(({ knows }) => knows?.(workload) ?? true);
  const entries = peers.map((peer) => ({ peer, answers: [] }));
  for (let round = 0; round < flags.rounds; round++) {
    for (const { peer, answers } of entries) {
      if (peer.once && round > 0) continue;
      process.stderr.write(`${workload.name} ${peer.name}, ${peer.threads} ...\n`);
      const answer = peer.run(workload);
      const [first] = entries[0].answers;
      if (answer.losses && first?.losses) {
        answer.fault = lossFault(answer.losses, first.losses, peer.correctsFirst);
      }
      answers.push(answer);
    }
  }
  return entries;
}

/** Its time over that of the sluice of as many threads, round by round: median and spread. */
function ratios(entries, { peer, answers }) {
  const base = entries.find((one) => one.peer.threads === peer.threads);
  if (base.peer === peer) return '';
  const each = answers.map(({ best }, round) => best / base.answers[round].best);
  each.sort((a, b) => a - b);
  const [least, median, most] = [each[0], each[each.length >> 1], each.at(-1)];
  if (each.length === 1) return median.toFixed(2);
  return `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

function tableRow(workload, entries, entry) {
  const { peer, answers } = entry;
  const title = [workload.name, peer.name, peer.threads];
  const trouble = answers.find(({ error, fault }) => error ?? fault);
  if (trouble) return [...title, '', '', trouble.error ?? trouble.fault];
  const best = Math.min(...answers.map((answer) => answer.best));
  const gflops = flopsOf(workload) / best / 1e6;
  return [...title, formatMs(best), gflops.toPrecision(3), ratios(entries, entry)];
}

const workloads = pickWorkloads(flags.only, ALL_WORKLOADS);
console.log(machineLine());
const node = spawnSync(node24, ['--version'], { encoding: 'utf8' }).stdout.trim();
console.log(`Node 24 is ${node}; TensorFlow.js ${packageVersion('@tensorflow/tfjs-core')}`);
console.log(python ? pythonVersions(python) : 'no Python peers');
console.log(
  'A training step: forward, backward, Adam; float32. Best of all rounds; time over that',
);
console.log('of sluice in 256 bits with as many threads, of the same round (least to most).\n');
const results = workloads.map((workload) => ({ workload, entries: measure(workload) }));
const head = ['', 'library', 'threads', 'best ms', 'GFLOP/s', 'time / sluice'];
const lines = results.flatMap(({ workload, entries }) =>
  entries.map((entry) => tableRow(workload, entries, entry)),
);
console.log(table(head, lines));
const answers = results.flatMap(({ entries }) => entries.flatMap((entry) => entry.answers));
const differ = answers.some(({ fault }) => fault !== undefined);
const missing = results.some(({ entries }) => entries[0].answers.some(({ error }) => error));
if (differ) console.error('\nLosses differ: the times above do not compare the same computation.');
if (differ || missing) process.exitCode = 1;
