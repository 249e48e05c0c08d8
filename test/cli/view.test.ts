import { describe, expect, it } from 'vitest';
import { bar, describeParams, duration, figure } from '../../src/cli/figures.js';
import { commandLine, quoted } from '../../src/cli/invocation.js';
import { StudyProgress } from '../../src/cli/progress.js';
import { finishedLine, liveLines, StudyView } from '../../src/cli/study-view.js';
import { cut, LiveLines, screenOf } from '../../src/cli/terminal.js';
import type { FrozenTrial } from '../../src/tune/trial.js';

const trial = (number: number, more: Partial<FrozenTrial> = {}): FrozenTrial => ({
  number,
  state: 'RUNNING',
  params: { units: 64, optimizer: 'adam', learningRate: 0.0034567 },
  distributions: {},
  intermediateValues: {},
  userAttrs: {},
  systemAttrs: {},
  ...more,
});

/** Two workers, two trials finished, one running. */
function midway(): StudyProgress {
  const progress = new StudyProgress(10, 2, [], 0);
  for (const number of [0, 1])
    progress.take({ type: 'trialStarted', number, trial: trial(number) });
  progress.take({ type: 'report', number: 1, step: 0, value: 181.23, pruned: false });
  progress.take({
    type: 'progress',
    number: 1,
    message: { epoch: 4, epochs: 10, share: 0.5, loss: 0.4321 },
  });
  progress.take({
    type: 'trialFinished',
    number: 0,
    trial: trial(0, { state: 'COMPLETE', value: 180.456 }),
  });
  progress.take({ type: 'trialStarted', number: 2, trial: trial(2) });
  progress.take({
    type: 'trialFinished',
    number: 2,
    trial: trial(2, { state: 'PRUNED', value: 200 }),
  });
  return progress;
}

describe('the live view', () => {
  it('shows the whole, a line a worker, the best and the time left', () => {
    const [head, first, second, best] = liveLines(
      midway(),
      { columns: 120, colors: false },
      49_000,
    );
    expect(head).toMatch(/^\[#+-+\] 2\/10 trials, 1 pruned {2}49s, about 2m 31s left$/);
    expect(first).toMatch(/^ +1 {2}idle$/);
    expect(second).toMatch(
      /^ +2 {2}trial 1 {3}epoch {2}5\/10 \[#+-+\] {2}loss 0.4321 {2}error 181.2 {2}units 64, adam, rate 0.00346$/,
    );
    expect(best).toMatch(/^best {2}180.5 {2}trial 0 {2}units 64/);
  });

  it('keeps to the width of the terminal and colours only when it may', () => {
    const written: string[] = [];
    const screen = {
      write: (text: string) => written.push(text),
      columns: 30,
      rows: 3,
      live: true,
      colors: true,
    };
    const lines = new LiveLines(screen);
    lines.draw(liveLines(midway(), screen, 49_000));
    lines.draw(['x']);
    lines.clear();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    const bare = written[0].replace(/\u001b\[\??[\d;]*[A-Za-z]/g, '').split('\n');
    for (const line of bare) expect(line.replace('\r', '').length).toBeLessThan(30);
    expect(bare).toHaveLength(3);
    expect(written[0]).toContain('\u001b[36m');
    expect(written[1]).toContain('\u001b[2A');
    expect(written[2]).toContain('\u001b[?25h');
    expect(liveLines(midway(), { columns: 80, colors: false }, 0).join('')).not.toContain('\u001b');
  });

  it('is a line a finished trial elsewhere', () => {
    const written: string[] = [];
    const screen = {
      write: (text: string) => written.push(text),
      columns: 80,
      rows: 24,
      live: false,
      colors: false,
    };
    const view = new StudyView(screen, new StudyProgress(3, 1, [], 0));
    view.take({ type: 'trialStarted', number: 0, trial: trial(0) });
    view.take({
      type: 'trialFinished',
      number: 0,
      trial: trial(0, { state: 'COMPLETE', value: 5 }),
    });
    view.close();
    expect(written).toEqual([
      '[1/3] trial 0 complete  5  best so far  (units 64, adam, rate 0.00346)\n',
    ]);
    const failed = trial(1, { state: 'FAIL', failReason: 'out of memory' });
    expect(finishedLine(failed, midway())).toContain('trial 1 failed: out of memory');
  });

  it.each([false, true])('lets a warning stand (live: %s)', (live) => {
    const written: string[] = [];
    const write = (text: string) => written.push(text);
    const screen = { write, columns: 80, rows: 24, live, colors: false };
    const view = new StudyView(screen, new StudyProgress(3, 1, [], 0));
    view.warn('too many \u001b[2J');
    view.close();
    expect(written).toContain('warning: too many \\x1b[2J\n');
  });

  it('counts what was done before, but not what was interrupted', () => {
    const earlier = [
      trial(0, { state: 'COMPLETE', value: 3 }),
      trial(1, { state: 'FAIL', systemAttrs: { fail_code: 'interrupted' } }),
      trial(2, { state: 'FAIL', systemAttrs: { fail_code: 'threw' } }),
    ];
    const progress = new StudyProgress(9, 2, earlier, 0);
    expect([progress.finished, progress.counts.failed, progress.best?.number]).toEqual([2, 1, 0]);
    expect(progress.secondsLeft(60_000)).toBeUndefined();
  });

  it('knows terminals from files, NO_COLOR and dumb ones', () => {
    const stream = { write: () => true, columns: 100, rows: 40, isTTY: true };
    const look = (isTTY: boolean, env: NodeJS.ProcessEnv) => {
      const { live, colors } = screenOf({ ...stream, isTTY }, env);
      return [live, colors];
    };
    expect(look(true, {})).toEqual([true, true]);
    expect(look(true, { NO_COLOR: '1' })).toEqual([true, false]);
    expect(look(true, { TERM: 'dumb' })).toEqual([false, false]);
    expect(look(false, {})).toEqual([false, false]);
  });
});

describe('texts', () => {
  it.each([
    [0, '0'],
    [0.00123456, '0.001235'],
    [1.5, '1.5'],
    [178.32, '178.3'],
    [12345.6, '12,346'],
    [-0.25, '-0.25'],
    [1e9, '1e9'],
    [Number.NaN, 'not a number'],
  ])('figure(%d) is %s', (value, text) => expect(figure(value)).toBe(text));

  it('durations, bars, parameters, cuts', () => {
    expect([59.4, 65, 3725].map(duration)).toEqual(['59s', '1m 05s', '1h 02m']);
    expect([bar(0, 6), bar(0.5, 6), bar(2, 6)]).toEqual(['[----]', '[##--]', '[####]']);
    expect(describeParams({ units: 8, dropout: 0.123456, sgdLearningRate: 0.05 })).toBe(
      'units 8, dropout 0.123, rate 0.05',
    );
    expect(cut('\u001b[1mabcdef\u001b[22m', 3)).toBe('\u001b[1mabc\u001b[22m');
  });

  it.each([
    ['wide letters', '売上の予測', 6, '売上の'],
    ['one that has no room whole', '売上の予測', 5, '売上'],
    ['a wide letter where it is full', 'abc売上d', 4, 'abc'],
    [
      'styled ones',
      '\u001b[2m売上\u001b[22m\u001b[1mab\u001b[22m',
      3,
      '\u001b[2m売\u001b[22m\u001b[1m\u001b[22m',
    ],
    ['an emoji of several code points', '👩‍👩‍👧 ok', 4, '👩‍👩‍👧 o'],
    ['accents, which take none', 'e\u0301e\u0301e\u0301', 2, 'e\u0301e\u0301'],
    ['nothing', 'abc', 0, ''],
  ])('cuts by columns: %s', (_, text, columns, shown) => {
    expect(cut(text, columns)).toBe(shown);
  });

  it('quote what a shell would take apart', () => {
    expect([quoted('a-b.csv'), quoted('my data.csv'), quoted("it's")]).toEqual([
      'a-b.csv',
      "'my data.csv'",
      "'it'\\''s'",
    ]);
    expect(commandLine(['tune', 'a b', '--resume'], ['--resume'])).toMatch(/ tune 'a b' --resume$/);
  });
});
