/**
 * Made-up studies for the report: births-like counts with weeks, seasons and holidays, a
 * forecast that is better than last week's value, trials in every state. The same every time.
 */

import type { ReportInput, ReportTrial } from '../../src/report/report.js';

/** Small linear congruential generator: uniform numbers in [0, 1). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const WEEK = [-3800, 600, 1500, 1200, 1200, 900, -2600];
const DAY = 86_400_000;

function birthsOn(day: number, noise: number): number {
  const date = new Date(day * DAY);
  const holiday = [
    [0, 1],
    [6, 4],
    [11, 25],
    [10, 24],
  ].some(([month, on]) => date.getUTCMonth() === month && date.getUTCDate() === on);
  const season = 450 * Math.sin((day / 365.25) * 2 * Math.PI - 2);
  return Math.round(11_200 + WEEK[date.getUTCDay()] + season + 350 * noise - (holiday ? 2900 : 0));
}

export function sampleForecast(
  rows: number,
  horizon: number,
): NonNullable<ReportInput['forecast']> {
  const next = uniforms(5);
  const noise = (): number => next() + next() + next() - 1.5;
  const start = Date.UTC(2012, 9, 1) / DAY - 7;
  const series = Array.from({ length: rows + 7 }, (_, i) => birthsOn(start + i, noise()));
  const [truth, forecast, seasonalNaive]: number[][] = [[], [], []];
  for (let w = 0; w + horizon <= rows; w++) {
    for (let k = 0; k < horizon; k++) {
      const day = start + 7 + w + k;
      truth.push(series[7 + w + k]);
      forecast.push(birthsOn(day, 0) * 0.9 + series[w + k] * 0.1 + noise() * (150 + 20 * k));
      seasonalNaive.push(series[w + k]);
    }
  }
  const stamp = (i: number): string => new Date((start + 7 + i) * DAY).toISOString().slice(0, 10);
  const timestamps = Array.from({ length: rows }, (_, i) => stamp(i));
  return { target: 'births', horizon, truth, forecast, seasonalNaive, timestamps };
}

const DISTRIBUTIONS = {
  units: { log: true },
  layers: { log: false },
  dropout: { log: false },
  learningRate: { log: true },
  optimizer: { choices: ['adam', 'sgd'] },
  batchSize: { choices: [32, 64, 128] },
};

function paramsFrom(next: () => number): Record<string, number | string> {
  return {
    units: Math.round(16 * 16 ** next()),
    layers: 1 + Math.floor(next() * 3),
    dropout: Math.round(next() * 60) / 100,
    learningRate: 10 ** (-3 + next()),
    optimizer: next() < 0.75 ? 'adam' : 'sgd',
    batchSize: [32, 64, 128][Math.floor(next() * 3)],
  };
}

export function sampleTrial(number: number, next: () => number, epochs: number): ReportTrial {
  const params = paramsFrom(next);
  const floor =
    0.11 + 0.05 * next() + 0.1 * Number(params.dropout) + (params.optimizer === 'sgd' ? 0.12 : 0);
  const pace = 1.5 + 6 * next();
  const draw = next();
  const state = draw < 0.06 ? 'FAIL' : draw < 0.4 && number > 4 ? 'PRUNED' : 'COMPLETE';
  const length = state === 'COMPLETE' ? epochs : 2 + Math.floor(next() * epochs * 0.5);
  const curve = Array.from(
    { length },
    (_, e) => floor * (1 + 0.06 * next()) + 0.9 * 2 ** (-(e + 1) / pace),
  );
  const start = Date.UTC(2026, 10, 23, 17, 40) + number * 11_000;
  return {
    number,
    state,
    value:
      state === 'FAIL'
        ? undefined
        : state === 'PRUNED'
          ? curve[curve.length - 1]
          : Math.min(...curve),
    params,
    distributions: DISTRIBUTIONS,
    intermediateValues: new Map(curve.map((value, step) => [step, value])),
    datetimeStart: new Date(start),
    datetimeComplete: new Date(start + length * 640),
    failReason:
      state === 'FAIL'
        ? 'the loss became NaN in epoch 3, batch 17: try a lower learning rate or globalClipNorm'
        : undefined,
  };
}

function meanErrors(
  truth: ArrayLike<number>,
  guess: ArrayLike<number>,
): { mae: number; rmse: number } {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    sum += Math.abs(truth[i] - guess[i]);
    squares += (truth[i] - guess[i]) ** 2;
  }
  return { mae: sum / truth.length, rmse: Math.sqrt(squares / truth.length) };
}

export interface SampleOptions {
  readonly trials?: number;
  readonly epochs?: number;
  readonly rows?: number;
  readonly horizon?: number;
}

/** A whole study as the command line would hand it over. */
export function sampleInput({
  trials = 30,
  epochs = 25,
  rows = 822,
  horizon = 7,
}: SampleOptions = {}): ReportInput {
  const next = uniforms(1);
  const all = Array.from({ length: trials }, (_, number) => sampleTrial(number, next, epochs));
  const complete = all.filter((trial) => trial.state === 'COMPLETE');
  const best = complete.reduce((a, b) => (b.value! < a.value! ? b : a), complete[0]);
  const forecast = sampleForecast(rows, horizon);
  const mine = meanErrors(forecast.truth, forecast.forecast);
  const val =
    best === undefined ? [] : [...(best.intermediateValues as Map<number, number>).values()];
  return {
    study: { name: 'us-births', direction: 'minimize' },
    trials: all,
    best: best?.number,
    forecast: best === undefined ? undefined : forecast,
    test:
      best === undefined
        ? undefined
        : {
            ...mine,
            season: 7,
            baselines: {
              naive: { mae: mine.mae * 5.2, rmse: mine.rmse * 5.6 },
              seasonalNaive: meanErrors(forecast.truth, forecast.seasonalNaive!),
              ridge: { mae: mine.mae * 1.032, rmse: mine.rmse * 1.011 },
            },
          },
    history: { loss: val.map((value, e) => value * 0.9 + 0.2 * 2 ** -e), val_loss: val },
    data: {
      file: 'examples/data/us-births-2000-2014.csv',
      rows: 5479,
      columns: ['date', 'births'],
      target: 'births',
      time: 'date',
      features: [
        'births',
        'sin(day of week)',
        'cos(day of week)',
        'sin(day of year)',
        'cos(day of year)',
        'weekend',
      ],
      window: 28,
      horizon,
      split: { train: 3835, validation: 822, test: 822 },
    },
    reproduce: {
      command:
        'sluice tune examples/data/us-births-2000-2014.csv --target births --time date --trials 30 --seed 0',
      version: '0.1.0',
      seed: 0,
      numerics: 'fast',
      build: 'relaxed-simd',
      runtime: 'Node 20.20.0',
      machine: '2 x Intel Xeon, Linux x64',
      workers: 2,
    },
    seconds: 171.4,
  };
}
