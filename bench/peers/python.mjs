/** The Python of the peers: an environment of its own with pinned packages, and workloads handed to it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ADAM } from '../workload-list.mjs';
import { tensorsOf } from './peer-protocol.mjs';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const folder = fileURLToPath(new URL('../../build/peers-venv', import.meta.url));

/**
 * The interpreter to ask: $PYTHON, which then has the packages already, or that of an environment that is
 * set up here, once (some 7 GB with the CUDA parts of PyTorch). Undefined where there is no Python 3.
 */
export function setUpPython() {
  if (process.env.PYTHON) return process.env.PYTHON;
  const python = `${folder}/bin/python`;
  const wanted = readFileSync(requirements, 'utf8');
  const done = `${folder}/requirements.txt`;
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted) return python;
  process.stderr.write('setting up the Python peers, some gigabytes, once ...\n');
  const stdio = ['ignore', 'ignore', 'inherit'];
  if (spawnSync('python3', ['-m', 'venv', folder], { stdio }).status !== 0) return undefined;
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  if (spawnSync(python, [...install, '-r', requirements], { stdio }).status !== 0) return undefined;
  writeFileSync(done, wanted);
  return python;
}

/** Versions of the packages, as one line. */
export function pythonVersions(python) {
  const probe = [
    'import sys',
    'from importlib.metadata import version',
    'names = [("PyTorch", "torch"), ("JAX", "jax"), ("Keras", "keras"), ("TensorFlow", "tensorflow-cpu"), ("Optuna", "optuna")]',
    'print(", ".join(f"{name} {version(package)}" for name, package in names), "on Python", sys.version.split()[0])',
  ].join('\n');
  return spawnSync(python, ['-c', probe], { encoding: 'utf8' }).stdout.trim();
}

/** What peer.py reads: a line of JSON, then the tensors as raw float32. */
export function pythonInput(workload) {
  const { x, y, weights } = tensorsOf(workload);
  const tensors = [x, y, ...weights];
  const { lstm, loss, both, dropout, steps } = workload;
  const shapes = tensors.map(({ shape }) => shape);
  const head = { lstm, loss, both, dropout, steps, adam: ADAM, shapes };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head)}\n`),
    ...tensors.map(({ data }) => Buffer.from(data.buffer)),
  ]);
}

/** Settings that force OpenBLAS onto another processor's kernels would be unfair. */
export function pythonEnvironment() {
  const { OPENBLAS_CORETYPE: _type, OPENBLAS_L2_SIZE: _size, ...environment } = process.env;
  return environment;
}
