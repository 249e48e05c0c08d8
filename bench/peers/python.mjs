/** Finding a Python with PyTorch, and handing a workload to it. */
import { spawnSync } from 'node:child_process';
import { ADAM, makeTensors } from '../workload-list.mjs';

/**
 * The first interpreter that imports PyTorch, its versions, and how fast it multiplies
 * matrices: Debian's PyTorch takes whatever BLAS is installed, and the reference one is slow.
 */
export function findPython() {
  const probe = [
    'import sys, time, torch',
    'torch.set_num_threads(1)',
    'a = torch.randn(256, 256)',
    'def once():',
    '    start = time.perf_counter()',
    '    a @ a',
    '    return time.perf_counter() - start',
    'gflops = 2 * 256 ** 3 / min(once() for _ in range(30)) / 1e9',
    'print(torch.__version__, "on Python", sys.version.split()[0], "|", gflops)',
  ].join('\n');
  for (const command of [process.env.PYTHON, 'python3', '/usr/bin/python3']) {
    if (!command) continue;
    const options = { encoding: 'utf8', env: pythonEnvironment() };
    const { status, stdout } = spawnSync(command, ['-c', probe], options);
    if (status !== 0) continue;
    const [version, gflops] = stdout.trim().split(' | ');
    return { command, version, gflops: Number(gflops) };
  }
  return undefined;
}

/** Said of a PyTorch that has no optimized BLAS: its figures would flatter everybody else. */
export function pythonWarning(python) {
  if (python === undefined || python.gflops > 20) return '';
  return (
    'Warning: no optimized BLAS (Debian: libopenblas0-pthread, or its folder in ' +
    'LD_LIBRARY_PATH); PyTorch can do far better than this.\n'
  );
}

/** What pytorch.py reads: a line of JSON, then the tensors as raw float32. */
export function pythonInput(workload) {
  const { x, y, weights } = makeTensors(workload);
  const tensors = [x, y, ...weights];
  const { lstm, loss } = workload;
  const head = { lstm, loss, adam: ADAM, shapes: tensors.map(({ shape }) => shape) };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head)}\n`),
    ...tensors.map(({ data }) => Buffer.from(data.buffer)),
  ]);
}

/** Settings that force OpenBLAS onto another processor's kernels would be unfair to PyTorch. */
export function pythonEnvironment() {
  const { OPENBLAS_CORETYPE: _type, OPENBLAS_L2_SIZE: _size, ...environment } = process.env;
  return { ...environment, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
}
