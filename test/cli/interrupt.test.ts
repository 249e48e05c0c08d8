// A study that is stopped, politely or not, loses nothing that was finished.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStudy, type FrozenTrial, journalFile } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { latestByPlace } from '../../src/tune/lineage.js';
import { dailyCsv } from '../forecast/series-samples.js';
import { lastLine, run, start, workspace } from './cli-process.js';

const folder = workspace({ 'daily.csv': dailyCsv(600) });
const args = [
  'tune',
  'daily.csv',
  '--target',
  'value',
  '--window',
  '14',
  '--horizon',
  '3',
  '--portable',
];
const work = [...args, '--epochs', '4', '--trials', '8', '--workers', '2'];

async function trialsOf(out: string): Promise<readonly FrozenTrial[]> {
  const study = await createStudy({
    name: 'value',
    storage: journalFile(join(folder, out, 'study.log')),
  });
  return study.trials;
}

const finished = (trials: readonly FrozenTrial[]) =>
  trials.filter((trial) => trial.state === 'COMPLETE' || trial.state === 'PRUNED');

/** What each trial came to, whatever its number. */
const outcomes = (trials: readonly FrozenTrial[]) =>
  latestByPlace(trials).map(({ state, params, value }) => ({ state, params, value }));

describe('an interrupted study', () => {
  it('goes on after Ctrl-C and after kill -9 as if nothing had happened', async () => {
    const whole = await run(folder, ...work, '--out', 'whole', '--json');
    expect(whole.code, whole.stderr).toBe(0);

    const polite = start(folder, [...work, '--out', 'broken']);
    await polite.seen(/^\[2\/8\]/m);
    const at = performance.now();
    polite.process.kill('SIGINT');
    const stopped = await polite.finished;
    expect(performance.now() - at).toBeLessThan(5000);
    expect([stopped.code, stopped.signal]).toEqual([130, null]);
    expect(stopped.stderr).toMatch(/^stopped: \d of 8 trials are done and kept in broken$/m);
    const resume = /^to go on: node .*cli\.js (tune daily\.csv .* --out broken --resume)$/m.exec(
      stopped.stderr,
    );
    expect(resume, stopped.stderr).not.toBeNull();
    const afterPolite = finished(await trialsOf('broken'));
    expect(afterPolite.length).toBeGreaterThanOrEqual(2);
    expect(existsSync(join(folder, 'broken/model.safetensors'))).toBe(true);

    const killed = start(folder, resume![1].split(' '));
    await killed.seen(new RegExp(`^\\[${afterPolite.length + 2}/8\\]`, 'm'));
    killed.process.kill('SIGKILL');
    expect((await killed.finished).signal).toBe('SIGKILL');
    const afterKill = finished(await trialsOf('broken'));
    expect(afterKill).toEqual(expect.arrayContaining(afterPolite));
    expect(afterKill.length).toBeGreaterThanOrEqual(afterPolite.length + 2);

    const last = await run(folder, ...resume![1].split(' '), '--json');
    expect(last.code, last.stderr).toBe(0);
    const trials = await trialsOf('broken');
    expect(finished(trials)).toEqual(expect.arrayContaining(afterKill));
    expect(outcomes(trials)).toEqual(outcomes(await trialsOf('whole')));
    expect(lastLine(last).test).toEqual(lastLine(whole).test);
    expect(lastLine(last).trials).toEqual(lastLine(whole).trials);
    const report = readFileSync(join(folder, 'broken/report.html'), 'utf8');
    expect(/interrupted trials? w\S+ run again/.test(report)).toBe(trials.length > 8);
    // by the number that the journal and the terminal have
    const best = /trial (\d+), one of 8\b/.exec(report)?.[1];
    expect(Number(best)).toBe(lastLine(last).best.number);
    expect(trials[Number(best)].value).toBe(lastLine(whole).best.value);
  });

  it('ends at once at the second signal, and tells SIGTERM apart', async () => {
    const long = [...args, '--epochs', '2000', '--trials', '8', '--workers', '2'];
    const hurried = start(folder, [...long, '--out', 'hurried']);
    await hurried.seen(/^forecast/m);
    await new Promise((resolve) => setTimeout(resolve, 500));
    hurried.process.kill('SIGTERM');
    hurried.process.kill('SIGTERM');
    expect((await hurried.finished).code).toBe(143);
  });

  it('is not taken over while it runs', async () => {
    const long = [
      ...args,
      '--epochs',
      '2000',
      '--trials',
      '8',
      '--workers',
      '1',
      '--out',
      'running',
    ];
    const first = start(folder, long);
    await first.seen(/^forecast/m);
    await new Promise((resolve) => setTimeout(resolve, 700));
    const second = await run(folder, ...long, '--resume');
    first.process.kill('SIGINT');
    expect((await first.finished).code).toBe(130);
    expect([second.code, second.stderr]).toEqual([1, expect.stringMatching(/^error: .*running/m)]);
  });

  it('lets train stop without a model', async () => {
    const training = start(folder, [
      'train',
      ...args.slice(1),
      '--epochs',
      '5000',
      '--patience',
      '5000',
      '--out',
      'm',
    ]);
    await training.seen(/^epoch 2\//m);
    training.process.kill('SIGINT');
    const { code, stderr } = await training.finished;
    expect([code, existsSync(join(folder, 'm'))]).toEqual([130, false]);
    expect(stderr).toMatch(/^stopped: no model was written$/m);
  });
});
