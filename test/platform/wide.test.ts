// 256-bit vectors in the Node that has them: switched on by the command, by a flag and by a call, in
// workers too, with the results of 128 bits; and off where they do not stand their test.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { node24 } from '../support/node-24.js';
import { createProject, type Project } from './project.js';

const FLAG = '--experimental-wasm-revectorize';
/** V8 has them on x64 alone. */
const wide = process.arch === 'x64';

const TRAINING = `
  import * as sluice from 'sluice/node';
  const { features, layers, losses, optimizers, sequential, useWideVectors } = sluice;
  const found = process.argv[2] === 'call' ? await useWideVectors() : undefined;
  const models = ['portable', 'fast'].map((numerics) => {
    const model = sequential({
      layers: [layers.lstm({ units: 37, returnSequences: true }), layers.gru({ units: 22 }), layers.dense({ units: 3 })],
      seed: 5,
      numerics,
    });
    model.compile({ optimizer: optimizers.adam(), loss: losses.meanSquaredError() });
    return model;
  });
  const noise = (n, k) => Float32Array.from({ length: n }, (_, i) => ((i * k) % 101) / 50 - 1);
  const x = { data: noise(45 * 9 * 5, 37), shape: [45, 9, 5] };
  const y = { data: noise(45 * 3, 53), shape: [45, 3] };
  const sums = [];
  for (const model of models) {
    for (let step = 0; step < 60; step++) await model.trainOnBatch(x, y);
    let sum = 0;
    for (const { data } of model.getWeights()) {
      for (const word of new Int32Array(data.slice().buffer)) sum = (Math.imul(sum, 31) + word) | 0;
    }
    sums.push([model.build, sum]);
  }
  let late;
  if (process.argv[3] === 'late') late = await useWideVectors().catch((error) => error.message);
  console.log(JSON.stringify({ found, wide: features().wide, sums, late }));
`;

let project: Project;
beforeAll(() => {
  project = createProject();
  project.write('training.mjs', TRAINING);
  project.write(
    'series.csv',
    `n\n${Array.from({ length: 150 }, (_, i) => (i * i) % 7).join('\n')}\n`,
  );
});
afterAll(() => project?.remove());

function run(executable: string, ...args: string[]) {
  const options = { cwd: project.folder, encoding: 'utf8' } as const;
  return JSON.parse(execFileSync(executable, args, options).trim().split('\n').at(-1) ?? '');
}

/** What `sluice` prints as JSON, and says beside it. */
function sluice(executable: string, ...args: string[]) {
  const bin = join(project.folder, 'node_modules/sluice/build/cli.js');
  const data = ['series.csv', '--target', 'n', '--window', '7', '--horizon', '2', '--json'];
  const ran = spawnSync(executable, [bin, args[0], ...data, '--epochs', '2', ...args.slice(1)], {
    cwd: project.folder,
    encoding: 'utf8',
  });
  expect(ran.status, ran.stderr).toBe(0);
  return { json: JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? ''), said: ran.stderr };
}

describe('models in 256-bit vectors', () => {
  it('have the weights of 128 bits after training, by flag and by call', () => {
    const narrow = run(node24(), 'training.mjs');
    expect(narrow.wide).toBe(false);
    const flagged = run(node24(), FLAG, 'training.mjs');
    expect(flagged).toEqual({ wide: true, sums: narrow.sums });
    expect(run(node24(), FLAG, FLAG.replace('--', '--no-'), 'training.mjs').wide).toBe(false);
    const called = run(node24(), 'training.mjs', 'call');
    expect(called).toEqual({
      found: wide ? { wide } : { wide, failed: false, reason: expect.stringContaining('x64') },
      wide,
      sums: narrow.sums,
    });
    // and of every other Node in portable numerics
    expect(run(process.execPath, 'training.mjs').sums[0]).toEqual(narrow.sums[0]);
  });

  it('are asked for before the first model, or not at all', () => {
    expect(run(node24(), 'training.mjs', '-', 'late').late).toMatch(
      /useWideVectors comes too late.*before the first model.*--experimental-wasm-revectorize/,
    );
  });

  it('are in the workers of a study too', () => {
    project.write(
      'worker.mjs',
      `import { features } from 'sluice';
       import { exposeObjective } from 'sluice/worker';
       exposeObjective(() => (features().wide ? 1 : 0));`,
    );
    project.write(
      'study.mjs',
      `import { createStudy, useWideVectors } from 'sluice/node';
       if (process.argv[2] === 'call') await useWideVectors();
       const study = await createStudy({ direction: 'minimize' });
       await study.optimize({ worker: './worker.mjs', space: () => ({}), trials: 2, workers: 2 });
       console.log(JSON.stringify(study.trials.map(({ value }) => value === 1)));`,
    );
    expect(run(node24(), 'study.mjs', 'call')).toEqual([wide, wide]);
    expect(run(node24(), 'study.mjs')).toEqual([false, false]);
    expect(run(node24(), FLAG, 'study.mjs')).toEqual([wide, wide]);
  });
});

describe('the command', () => {
  it('takes 256 bits where they are, unless --no-wide, with the same figures', () => {
    const on = sluice(node24(), 'train', '--out', 'on.safetensors');
    const off = sluice(node24(), 'train', '--out', 'off.safetensors', '--no-wide');
    expect([on.json.wide, off.json.wide]).toEqual([wide, false]);
    expect(on.json.test).toEqual(off.json.test);
    const [tuned, plain] = [[], ['--no-wide']].map((flags, n) =>
      sluice(node24(), 'tune', '--trials', '2', '--workers', '2', '--out', `study-${n}`, ...flags),
    );
    expect([tuned.json.wide, plain.json.wide]).toEqual([wide, false]);
    expect(tuned.json.best).toEqual(plain.json.best);
  });

  it('says why it goes on in 128 bits when the test of 256 fails', () => {
    const probe = join(project.folder, 'node_modules/sluice/build/wide-probe.js');
    const cases: [script: string, said: RegExp][] = [
      ['process.exit(3)', /note: computing in 128-bit vectors: the worker .* exited with code 3/],
      ['throw new Error("odd")', /128-bit vectors: the worker .* failed with Error: odd/],
      [
        answer({ right: false, gain: 2 }),
        /128-bit vectors: .*simd kernels give other results here/,
      ],
      [answer({ right: true, gain: 0.6 }), /128-bit vectors: .*no faster here \(0\.60 times\)/],
    ];
    for (const [script, said] of wide ? cases : []) {
      writeFileSync(probe, script);
      const ran = sluice(node24(), 'train', '--force');
      expect(ran.said).toMatch(said);
      expect(ran.json.wide).toBe(false);
    }
  });
});

const answer = (trial: { right: boolean; gain: number }) =>
  `import { parentPort } from 'node:worker_threads';
   parentPort.postMessage([${JSON.stringify({ build: 'simd', ...trial })}]);`;
