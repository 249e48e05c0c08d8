// The room for forecasts needs nothing of Node: a table is read, a forecaster trained and asked in a page
// as in Node, and the portable build gives the same digits in both.
import { expect, it } from 'vitest';
import { forecastNext } from '../../src/forecast/forecast-next.js';
import { prepare } from '../../src/forecast/preparation.js';
import { testForecaster } from '../../src/forecast/test-figures.js';
import { trainForecaster } from '../../src/forecast/training.js';
import { windowSets } from '../../src/forecast/window-sets.js';
import { parseCsv } from '../data/csv-text.js';
import { dailyCsv } from './series-samples.js';

it('forecasts the same digits in Node and in a page', async () => {
  const table = parseCsv(dailyCsv(200), 'daily.csv');
  const prepared = prepare(table, { target: 'value', window: 7, horizon: 3 });
  const { series, preprocessing } = prepared;
  const sets = windowSets(prepared);
  const { train, validation } = sets;
  const trained = await trainForecaster(
    {
      series,
      preprocessing,
      trainStarts: train,
      validationStarts: validation,
      numerics: 'portable',
    },
    {
      params: {
        units: 5,
        layers: 1,
        dropout: 0.1,
        optimizer: 'adam',
        learningRate: 0.01,
        batchSize: 16,
        globalClipNorm: 1,
      },
      epochs: 3,
      patience: 3,
      seed: 1,
      onEpoch: () => {},
      onProgress: () => {},
    },
  );
  const ahead = await forecastNext({ model: trained.model, preprocessing }, table, false);
  expect(ahead.times?.cells.flat()).toEqual(['2001-07-20', '2001-07-21', '2001-07-22']);
  expect(ahead.values).toEqual([201.9365, 171.27, 170.6954]);
  const figures = await testForecaster(trained.model, prepared, sets);
  expect(figures.mae).toBe(5.018146743353181);
  expect(figures.mae).toBeLessThan(figures.baselines.naive.mae);
  trained.model.dispose();
});
