import { expect, it } from 'vitest';
import { type ReportInput, renderSummary } from '../../src/report/report.js';
import { sampleInput } from '../support/report-sample.js';

const input: ReportInput = {
  ...sampleInput({ trials: 3 }),
  trials: [
    {
      number: 0,
      state: 'COMPLETE',
      value: 0.25,
      params: { units: 64, rate: 0.001, optimizer: 'adam' },
    },
    { number: 1, state: 'FAIL', params: {} },
    { number: 2, state: 'RUNNING', params: {} },
  ],
  best: 0,
  test: {
    mae: 389.26,
    rmse: 560.5,
    baselines: {
      naive: { mae: 1804, rmse: 2411 },
      seasonalNaive: { mae: 474, rmse: 900.25 },
      ridge: { mae: 380, rmse: 551 },
    },
  },
};

it('is a table of test figures and the best parameters', () => {
  expect(renderSummary(input)).toBe(
    [
      '3 trials: 1 complete, 0 pruned, 1 failed, 1 open',
      '',
      'Test part, births, all 7 steps:',
      '  forecast               MAE      RMSE    LSTM MAE is',
      '  LSTM (tuned)         389.3     560.5',
      '  seasonal naive       474.0     900.3   17.9 % lower',
      '  ridge regression     380.0     551.0   2.4 % higher',
      '  naive              1,804.0   2,411.0   78.4 % lower',
      '  It does not beat ridge regression.',
      '',
      'Best trial 0, validation loss 0.25:',
      '  units          64',
      '  rate        0.001',
      '  optimizer    adam',
      '',
    ].join('\n'),
  );
});

it('pads names of wide letters by the columns that they take', () => {
  const [first] = input.trials;
  const wide = { ...input, trials: [{ ...first, params: { 学習率: 0.5, ab: 64 } }] };
  expect(renderSummary(wide)).toContain('  学習率   0.5\n  ab        64\n');
});

it('says when there is no model', () => {
  const none = { ...input, best: undefined, test: undefined };
  expect(renderSummary(none)).toContain('No trial is complete');
});

it('lets no data steer the terminal', () => {
  const steering = '\u001b[2Jbirths\u0007\r\n\u202e';
  const hostile = {
    ...input,
    data: { ...input.data, target: steering },
    bestParams: { [steering]: steering },
  };
  const text = renderSummary(hostile);
  const bad = [...text].filter((c) => c !== '\n' && !(c >= ' ' && c < '\u007f'));
  expect(bad).toEqual([]);
});

it('is plain ASCII, without trailing blanks', () => {
  const text = renderSummary(sampleInput());
  expect([...text].every((c) => c.charCodeAt(0) < 128)).toBe(true);
  expect(text.split('\n').filter((line) => line !== line.trimEnd())).toEqual([]);
});
