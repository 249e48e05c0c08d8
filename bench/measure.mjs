/** Timing and machine facts that all benchmarks share. */
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import v8 from 'node:v8';

/** Node 20 has relaxed SIMD behind a flag; must run before the first module is compiled. */
export function allowRelaxedSimd() {
  if (Number(process.versions.node.split('.')[0]) < 22) {
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
}

/** Whether this process computes in 256-bit vectors; kernels that a benchmark instantiates must be told. */
export const wide = process.execArgv.includes('--experimental-wasm-revectorize');

/**
 * Runs `step` for about `seconds`, at least `least` times, and returns milliseconds a step.
 * The garbage of the caller is not ours to hide: every step counts. `between` runs untimed
 * now and then among the steps, for what wants to see the machine in the same mood.
 */
export async function timeSteps(step, { seconds, least = 5, most = 2000, between }) {
  const times = [];
  const stop = performance.now() + 1000 * seconds;
  let next = 0;
  while (times.length < most && (times.length < least || performance.now() < stop)) {
    if (performance.now() >= next) {
      between?.();
      next = performance.now() + 50;
    }
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { best: times[0], median: times[times.length >> 1], steps: times.length };
}

/**
 * The register-only multiply-add loop of a kernel module as a stopwatch: `sample()` runs it
 * for some milliseconds, `best()` is the highest GFLOP/s of all samples so far.
 */
export function ceilingOf(exports) {
  const iterations = 1_600_000;
  let best = 0;
  const sample = () => {
    const start = performance.now();
    const flops = exports.ceilingMadd(iterations);
    best = Math.max(best, flops / (performance.now() - start) / 1e6);
  };
  return { sample, best: () => best };
}

export function machineLine() {
  const [cpu] = cpus();
  const v8Version = process.versions.v8;
  return `${cpu.model.trim()}, ${cpus().length} cores; Node ${process.versions.node} (V8 ${v8Version}), ${process.platform} ${process.arch}`;
}

/** Milliseconds with three significant digits. */
export function formatMs(ms) {
  return ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3);
}

/** A Markdown table, padded as the formatter wants it, so that it also reads well in a terminal. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(all[0]), rule, ...all.slice(1).map(line)].join('\n');
}
