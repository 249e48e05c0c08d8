// Several threads on one memory give the bits of one; in Node, where a test may wait for them.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  beginTraining,
  createCoreBoard,
  endTraining,
  useCoreBoard,
} from '../../src/engine/core-board.js';
import { Crew } from '../../src/engine/crew.js';
import { CREW_KERNELS, crewKernels } from '../../src/engine/crew-kernels.js';
import { instantiateKernels } from '../../src/engine/kernels.js';
import { KNOWN_ANSWERS, KnownAnswer } from '../../src/engine/known-answer.js';
import { freshSharedMemory } from '../../src/engine/memory.js';
import { type Build, loadSharedModule } from '../../src/engine/module.js';
import type { CellSpec } from '../reference/cell.js';
import { bundleWorker } from '../support/bundle.js';
import { CellRun, cellCase, dropsOf } from '../support/cell.js';
import { GruRun, gruCase } from '../support/gru.js';
import { allowRelaxedSimd, type KernelExports } from '../support/kernels.js';
import { LstmRun, lstmCase } from '../support/lstm.js';

allowRelaxedSimd();

/** A crew that shares whatever there is to share, and its kernels. */
async function crewOf(threads: number, build: Build = 'simd', sleep?: number) {
  const module = loadSharedModule(build);
  const { memory, team } = freshSharedMemory();
  const alone = instantiateKernels(module, memory);
  const crew = new Crew(module, memory, threads, CREW_KERNELS, team, sleep);
  await present(crew);
  return { crew, alone, kernels: crewKernels(alone, crew, 0) };
}

async function present(crew: Crew): Promise<void> {
  while (crew.atHand < crew.threads) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a known training', () => {
  const cases = [2, 3, 4, 8, 11].flatMap((threads) =>
    (['simd', 'relaxed-simd'] as const).map((build) => [threads, build] as const),
  );
  it.each(cases)('of %i threads, %s build', async (threads, build) => {
    const { crew, kernels } = await crewOf(threads, build);
    const work = new KnownAnswer(kernels);
    for (let round = 0; round < 20; round++) {
      work.run();
      if (round % 5 === 0) expect(work.digest()).toBe(KNOWN_ANSWERS[build]);
    }
    await crew.close();
  });
});

describe.each([2, 3])('passes of %i threads', (threads) => {
  let crew: Crew;
  let kernels: KernelExports;
  beforeAll(async () => {
    const made = await crewOf(threads);
    crew = made.crew;
    kernels = made.kernels as unknown as KernelExports;
  });
  afterAll(() => crew.close());

  const shapes = [
    { B: 1, T: 1, I: 1, H: 1 },
    { B: 1, T: 7, I: 3, H: 29 },
    { B: 2, T: 2, I: 33, H: 4 },
    { B: 5, T: 6, I: 19, H: 67 },
    { B: 33, T: 9, I: 17, H: 21 },
    // several chunks of steps, and groups of blocks
    { B: 130, T: 40, I: 2, H: 9 },
  ];
  const masks = [false, true];
  const cases = shapes.flatMap((shape) => masks.map((masked) => ({ ...shape, masked })));
  const bits = (values: Float32Array) => Array.from(new Int32Array(values.slice().buffer));
  const lengthsOf = ({ B, T }: { B: number; T: number }) =>
    Array.from({ length: B }, (_, b) => (b * 7) % (T + 1));

  it.each(cases)('lstm: B $B, T $T, I $I, H $H, masked: $masked', ({ masked, ...shape }) => {
    const state = (k: number) =>
      Float32Array.from({ length: shape.B * shape.H }, (_, i) => ((i * k) % 17) / 9 - 1);
    const [one, several] = ['simd' as const, kernels].map((where) => {
      const lengths = masked ? lengthsOf(shape) : undefined;
      const problem = { ...lstmCase(shape), lengths, dhLast: state(5), dcLast: state(3) };
      const run = new LstmRun(where, problem);
      run.forward();
      const dX = run.backward(true)!;
      expect(run.arena.damaged()).toEqual([]);
      const all = [run.outputs(), dX, ...Object.values(run.gradients())];
      const { dh0, dc0 } = run.stateGradients();
      run.replace({ frozen: true });
      return [...all, dh0, dc0, run.backward(true)!].map(bits);
    });
    expect(several).toEqual(one);
  });

  it.each(cases)('gru: B $B, T $T, I $I, H $H, masked: $masked', ({ masked, ...shape }) => {
    for (const resetAfter of [true, false]) {
      const [one, several] = ['simd' as const, kernels].map((where) => {
        const lengths = masked ? lengthsOf(shape) : undefined;
        const run = new GruRun(where, { ...gruCase(shape, resetAfter), lengths });
        const outputs = run.forward();
        const { dX, kernel, recurrent, bias, dh0 } = run.backward();
        expect(run.arena.damaged()).toEqual([]);
        return [outputs, dX, kernel, recurrent, bias, dh0].map(bits);
      });
      expect(several).toEqual(one);
    }
  });
});

describe.each([2, 3, 5])('other cells in %i threads', (threads) => {
  let crew: Crew;
  let kernels: KernelExports;
  beforeAll(async () => {
    const made = await crewOf(threads);
    crew = made.crew;
    kernels = made.kernels as unknown as KernelExports;
  });
  afterAll(() => crew.close());

  const specs: Record<string, CellSpec> = {
    coupled: { cell: 'lstm', gates: 'io', coupled: true },
    peephole: { cell: 'lstm', peephole: true },
    'full gate recurrence': { cell: 'lstm', gatesSeen: true },
    elman: { cell: 'rnn', noBias: true },
    minGRU: { cell: 'minGRU', candidate: 'positive' },
    indRNN: { cell: 'indRNN', candidate: 'relu' },
    slstm: { cell: 'slstm' },
    jordan: { cell: 'rnn', projection: 37, output: 'sigmoid' },
    projected: { cell: 'lstm', projection: 21 },
    normalized: { cell: 'lstm', layerNorm: true },
    'normalized, projected': { cell: 'lstm', layerNorm: true, projection: 19 },
  };
  it.each(Object.entries(specs))('%s', (_, spec) => {
    for (const shape of [
      { B: 1, T: 3, I: 1, H: 1 },
      { B: 5, T: 6, I: 19, H: 67 },
      { B: 33, T: 9, I: 17, H: 21 },
      { B: 130, T: 40, I: 2, H: 33 },
      { B: 1, T: 300, I: 5, H: 50 },
    ]) {
      // what is projected or normed drops nothing: the layers refuse it
      const plain = !spec.projection && !spec.layerNorm;
      const dropped = plain && (spec.cell === 'rnn' || spec.cell === 'lstm');
      const drops = dropped ? [false, true] : [false];
      for (const [masked, dropping] of [false, true].flatMap((m) => drops.map((d) => [m, d]))) {
        const [one, several] = ['simd' as const, kernels].map((where) => {
          const drops = dropping ? dropsOf(spec, shape, 'both') : undefined;
          const run = new CellRun(where, { ...cellCase(spec, shape, { masked }), drops });
          run.forward();
          const found = [run.outputs(), ...Object.values(run.backward())];
          found.push(run.infer([shape.T]));
          expect(run.arena.damaged()).toEqual([]);
          return found.map((values) => Array.from(new Int32Array(values.slice().buffer)));
        });
        expect(several).toEqual(one);
      }
    }
  });
});

describe('a crew', () => {
  it('says how a thread failed within a kernel, at once; then one thread goes on', async () => {
    const { crew, alone, kernels } = await crewOf(3);
    const work = new KnownAnswer(kernels);
    work.run();
    const start = performance.now();
    // a command that no thread knows, while this one waits for the others
    const lead = (team: number) => alone.adam(1, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, team, 0);
    expect(() => crew.run(crew.threads, 99, [], lead)).toThrow(
      expect.objectContaining({
        code: 'worker-died',
        message: expect.stringMatching(
          /a thread of the model's 3 failed with TypeError.*goes on with one/,
        ),
      }),
    );
    // less than a thread sleeps before it looks again
    expect(performance.now() - start).toBeLessThan(1000);
    expect(crew.alive).toBe(1);
    // the other one may still be in the middle of that kernel
    expect(() => work.run()).toThrow(/goes on with one thread/);
    await crew.over();
    work.run();
    expect(work.digest()).toBe(KNOWN_ANSWERS.simd);
  });

  it('says how where several threads fail at once', async () => {
    for (let round = 0; round < 30; round++) {
      const { crew, alone } = await crewOf(4);
      const lead = (team: number) => alone.adam(1, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, team, 0);
      expect(() => crew.run(crew.threads, 99, [], lead)).toThrow(/failed with TypeError/);
      await crew.over();
    }
  });

  it('misses a thread that does not come', async () => {
    const { crew, kernels } = await crewOf(2, 'simd', 30);
    const work = new KnownAnswer(kernels);
    // ended, but this thread does not hear of it before its next turn
    const gone = crew.close();
    for (const end = performance.now() + 200; performance.now() < end; );
    expect(() => work.run()).toThrow(/a thread of the model's 2 does not answer.*goes on with one/);
    await gone;
    work.run();
    expect(work.digest()).toBe(KNOWN_ANSWERS.simd);
  });

  it('hears of a thread that ended between two passes, and loses nothing', async () => {
    const [first, second] = [await crewOf(2), await crewOf(2)];
    await Promise.all([first.crew.close(), second.crew.close()]);
    const work = new KnownAnswer(first.kernels);
    expect(() => work.run()).toThrow(/thread 1 of the model's 2 exited with code 1; .* is lost/);
    work.run();
    expect(work.digest()).toBe(KNOWN_ANSWERS.simd);
    // who asks before a call begins need not lose it
    expect(second.crew.rollCall()).toMatch(/thread 1 of the model's 2 exited/);
    expect([second.crew.rollCall(), second.crew.alive]).toEqual([undefined, 1]);
    const other = new KnownAnswer(second.kernels);
    other.run();
    expect(other.digest()).toBe(KNOWN_ANSWERS.simd);
  });

  it('sees memory that has grown', async () => {
    const { crew, alone, kernels } = await crewOf(3);
    for (let round = 0; round < 20; round++) {
      const at = alone.memory.buffer.byteLength;
      alone.memory.grow(40);
      // memory.fill of each thread in the new pages: an odd number of floats
      const run = new LstmRun(
        kernels as unknown as KernelExports,
        lstmCase({ B: 3, T: 2, I: 5, H: 30 + round }),
      );
      run.forward();
      expect(run.arena.damaged()).toEqual([]);
      expect(alone.memory.buffer.byteLength).toBeGreaterThan(at);
    }
    await crew.close();
  });

  it('survives a process that was stopped for longer than threads wait', async () => {
    const script = await bundleWorker(new URL('./stopped.process.ts', import.meta.url));
    const child = spawn(process.execPath, [fileURLToPath(script.url)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.stdout.on('data', (data) => {
      said += data;
    });
    while (!said.includes('begun')) await new Promise((resolve) => setTimeout(resolve, 10));
    for (let stop = 0; stop < 3; stop++) {
      child.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 1500));
      child.kill('SIGCONT');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect([await ended, said]).toEqual([0, 'begun\nsame bits\n']);
    await script.remove();
  });
});

describe('cores that others use', () => {
  afterEach(() => useCoreBoard(undefined));

  it('a crew shrinks and grows between two kernels, with the same bits', async () => {
    const board = createCoreBoard(4)!;
    useCoreBoard(board);
    for (let i = 0; i < 3; i++) beginTraining(board);
    const module = loadSharedModule('simd');
    const { memory, team } = freshSharedMemory();
    const alone = instantiateKernels(module, memory);
    const crew = new Crew(module, memory, 4, CREW_KERNELS, team);
    const work = new KnownAnswer(crewKernels(alone, crew, 0));
    // three trainings on four cores: none has a second one, and no thread is started
    expect(crew.atHand).toBe(1);
    work.run();
    expect(work.digest()).toBe(KNOWN_ANSWERS.simd);
    endTraining(board);
    while (crew.atHand < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    for (let round = 0; round < 300; round++) {
      expect(crew.atHand).toBe([2, 4, 1][round % 3]);
      work.run();
      expect(work.digest(), `round ${round}`).toBe(KNOWN_ANSWERS.simd);
      if (round % 3 === 0) endTraining(board);
      else if (round % 3 === 1) for (let i = 0; i < 3; i++) beginTraining(board);
      else for (let i = 0; i < 2; i++) endTraining(board);
    }
    await crew.close();
  });
});
