// The page as a whole: what is in it, what must never be in it, and studies that went wrong.
import { describe, expect, it } from 'vitest';
import {
  type ReportInput,
  type ReportTrial,
  renderReport,
  renderSummary,
} from '../../src/report/report.js';
import type { FrozenTrial } from '../../src/tune/trial.js';
import { sampleInput } from '../support/report-sample.js';
import { badNumbers, findAll, parseXml, textOf, type XmlElement } from '../support/xml.js';

const input = sampleInput();
const page = renderReport(input);

/** The page without its styles and scripts, which are not markup, parsed. */
function parsePage(html: string): XmlElement {
  return parseXml(
    html
      .replace(/^<!doctype html>\n/, '')
      .replace(/<script[^>]*>[\s\S]*?<\/script>/g, '')
      .replace(/<style>[\s\S]*?<\/style>/g, '')
      .trim(),
  );
}

const visible = (html: string): string => textOf(parsePage(html)).replaceAll('\u00A0', ' ');

describe('the report', () => {
  it('has every section, each with a heading, and a link to each', () => {
    const body = parsePage(page);
    const sections = findAll(body, 'section').map((section) => section.attributes.id);
    expect(sections).toEqual([
      'result',
      'forecast',
      'search',
      'parameters',
      'model',
      'trials',
      'data',
      'reproduce',
    ]);
    expect(findAll(findAll(body, 'nav')[0], 'a').map((a) => a.attributes.href)).toEqual(
      sections.map((id) => `#${id}`),
    );
    expect(findAll(body, 'h1')).toHaveLength(1);
  });

  it('has every chart, named for screen readers, with no id twice', () => {
    const body = parsePage(page);
    const charts = findAll(body, 'svg').filter((svg) => svg.attributes.role === 'img');
    expect(charts).toHaveLength(8 + Object.keys(input.trials[0].params).length);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((found) => found[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const chart of charts) {
      for (const id of chart.attributes['aria-labelledby'].split(' ')) expect(ids).toContain(id);
    }
  });

  it('says the result first, in words and in numbers', () => {
    const [headline] = findAll(parsePage(page), 'h1').map(textOf);
    expect(headline.replaceAll('\u00A0', ' ')).toMatch(
      /^Forecasting births 7 days ahead: error [\d.]+ % lower than seasonal naive and [\d.]+ % lower than ridge regression$/,
    );
    expect(visible(page)).toContain('It beats every baseline.');
  });

  it('says honestly when the model is worse', () => {
    const worse = { ...input, test: { ...input.test!, mae: 500, rmse: 700 } };
    const text = visible(renderReport(worse));
    expect(text).toMatch(/% higher than seasonal naive/);
    expect(text).toContain('It does not beat seasonal naive or ridge regression.');
  });

  it('says how to get it again', () => {
    const text = visible(page);
    for (const part of [
      input.reproduce.command,
      '0.1.0',
      'fast (relaxed-simd kernels)',
      'Node 20.20.0',
      '2 x Intel Xeon',
      '2 min 51 s',
      '2026-11-23 17:40 UTC',
    ]) {
      expect(text).toContain(part);
    }
    const portable = { ...input, reproduce: { ...input.reproduce, numerics: 'portable' as const } };
    expect(visible(renderReport(portable))).toContain('to the last bit');
  });

  it('is the same for the same records', () => {
    expect(renderReport(sampleInput()) === page).toBe(true);
  });

  it('asks for nothing from outside', () => {
    const named = page.replaceAll('http://www.w3.org/2000/svg', '');
    expect(named.match(/https?:|@import|url\(|<iframe|<object|<embed|<form|<base/g)).toBeNull();
    expect(page.match(/ (src|href)="(?!#|data:,)/g)).toBeNull();
    expect(page.match(/http-equiv="Content-Security-Policy"/g)).toHaveLength(1);
    expect(page.match(/ style="/g)).toBeNull();
    expect(page.match(/ on\w+="/g)).toBeNull();
  });

  it('takes trials of a study as they are', () => {
    const frozen: FrozenTrial = {
      number: 0,
      state: 'COMPLETE',
      value: 1,
      params: {},
      distributions: {},
      intermediateValues: { 0: 2, 1: 1 },
      userAttrs: {},
      systemAttrs: {},
    };
    const trial: ReportTrial = frozen;
    expect(visible(renderReport({ ...input, trials: [trial], best: 0 }))).toContain('1 trial');
  });
});

describe('hostile text', () => {
  const evil = `"><script>alert('x')</script><img src=x onerror=alert(1)>&amp;\0\ud800</style>`;
  const hostile: ReportInput = {
    ...input,
    study: { ...input.study, name: evil, metric: evil },
    trials: input.trials.map((trial) => ({
      ...trial,
      params: { ...trial.params, [evil]: evil },
      failReason: trial.state === 'FAIL' ? evil : undefined,
    })),
    bestParams: { [evil]: evil },
    forecast: {
      ...input.forecast!,
      target: evil,
      unit: evil,
      timestamps: input.forecast!.timestamps!.map(() => evil),
    },
    data: {
      ...input.data,
      file: evil,
      columns: [evil],
      target: evil,
      time: evil,
      features: [evil],
      notes: [evil],
    },
    reproduce: {
      ...input.reproduce,
      command: evil,
      version: evil,
      build: evil,
      runtime: evil,
      machine: evil,
    },
  };

  it('stays text, everywhere', () => {
    const html = renderReport(hostile);
    expect(html.match(/<script/g)).toHaveLength(page.match(/<script/g)!.length);
    expect(html.match(/<img/g)).toBeNull();
    expect(html.match(/<\/style>/g)).toHaveLength(1);
    expect(visible(html)).toContain("<script>alert('x')</script>");
  });

  it('of any length keeps the page readable', () => {
    const long = 'x'.repeat(5000);
    const html = renderReport({
      ...hostile,
      trials: hostile.trials.map((t) => ({ ...t, params: { [long]: long } })),
    });
    expect(() => parsePage(html)).not.toThrow();
    expect(html.length).toBeLessThan(2e6);
  });
});

describe('studies that went another way', () => {
  const withTrials = (trials: ReportTrial[], best?: number): ReportInput => {
    const model =
      best === undefined ? { forecast: undefined, test: undefined, history: undefined } : {};
    return { ...input, ...model, trials, best };
  };
  const complete: ReportTrial = {
    number: 0,
    state: 'COMPLETE',
    value: 0.2,
    params: { units: 32 },
    intermediateValues: { 0: 0.4, 1: 0.2 },
  };
  const pruned = (number: number): ReportTrial => ({
    number,
    state: 'PRUNED',
    value: 0.5,
    params: { units: 16 },
    intermediateValues: new Map([[0, 0.5]]),
  });
  const failed = (number: number): ReportTrial => ({
    number,
    state: 'FAIL',
    params: {},
    failReason: 'out of memory '.repeat(100),
  });

  const cases: Record<string, ReportInput> = {
    'one trial': withTrials([complete], 0),
    'all pruned but one': withTrials(
      [complete, ...Array.from({ length: 20 }, (_, i) => pruned(i + 1))],
      0,
    ),
    'none complete': withTrials([pruned(0), failed(1), failed(2)]),
    'none at all': withTrials([]),
    'still running': withTrials(
      [
        complete,
        { number: 1, state: 'RUNNING', params: { units: 64 } },
        { number: 2, state: 'WAITING', params: {} },
      ],
      0,
    ),
    'a best trial that is not there': withTrials([complete], 99),
    'nothing reported': withTrials(
      [
        { ...complete, intermediateValues: {} },
        { ...complete, number: 1, intermediateValues: undefined },
      ],
      0,
    ),
    'values that are not finite': withTrials(
      [
        { ...complete, intermediateValues: { 0: Number.NaN, 1: Number.POSITIVE_INFINITY, 2: 0.3 } },
        { ...complete, number: 1, value: Number.NaN, params: { units: Number.NaN } },
        {
          ...complete,
          number: 2,
          value: Number.POSITIVE_INFINITY,
          params: { units: Number.NEGATIVE_INFINITY },
        },
        { ...complete, number: 3, value: null, intermediateValues: { 0: Number.NaN } },
      ],
      0,
    ),
    'huge and tiny values': withTrials(
      [
        { ...complete, value: 1e-300, params: { units: 1e-320, mixed: 'text' } },
        { ...complete, number: 1, value: 1e300, params: { units: 1.7e308, mixed: 3 } },
        { ...complete, number: 2, value: -1e308, params: { units: 0, mixed: null } },
      ],
      0,
    ),
    maximize: {
      ...withTrials([complete, pruned(1)], 0),
      study: { name: 's', direction: 'maximize', metric: 'accuracy' },
    },
    'figures that are not finite': {
      ...withTrials([complete], 0),
      test: {
        mae: Number.NaN,
        rmse: Number.POSITIVE_INFINITY,
        baselines: { naive: { mae: 0, rmse: 0 } },
      },
      forecast: {
        target: 'y',
        horizon: 2,
        truth: [1, Number.NaN, 3, 4],
        forecast: [Number.NaN, 2, Number.POSITIVE_INFINITY, 4],
      },
      history: { loss: [Number.NaN], val_loss: [] },
      seconds: Number.NaN,
    },
    'a forecast of nothing': {
      ...withTrials([complete], 0),
      forecast: { target: 'y', horizon: 7, truth: [], forecast: [] },
    },
    'dates out of range': withTrials(
      [{ ...complete, datetimeStart: 'yesterday', datetimeComplete: 8.7e15 }],
      0,
    ),
  };

  it.each(Object.entries(cases))('%s', (_, odd) => {
    const html = renderReport(odd);
    const body = parsePage(html);
    expect(findAll(body, 'section')).toHaveLength(8);
    expect(badNumbers(html)).toEqual([]);
    expect(renderSummary(odd).endsWith('\n')).toBe(true);
  });

  it('says that there is no model when no trial was completed', () => {
    const text = visible(renderReport(cases['none complete']));
    expect(text).toContain('no trial was completed');
    expect(text).toContain('There is no forecast to show.');
    expect(text).toContain('Trials 1, 2');
    expect(text).toContain('out of memory');
  });

  it('keeps 500 trials and a long test part below 2 MB', () => {
    const large = renderReport(sampleInput({ trials: 500, epochs: 200, rows: 20_000 }));
    expect(large.length).toBeLessThan(2e6);
    expect(large.match(/Show the table of 500 trials/g)).toHaveLength(1);
  });
});
