// Forecasts the next seven days of US births from the last 28, and saves the model.
// Run it in a project with sluice installed: `npx esbuild forecast.ts --outfile=forecast.js && node forecast.js`
import { readFileSync } from 'node:fs';
import { layers, optimizers, saveModel, sequential, tensor } from 'sluice/node';

const file = new URL('./data/us-births-2000-2014.csv', import.meta.url);
const births = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .slice(1, 1501)
  .map((line) => Number(line.split(',')[4]) / 1000 - 11);

const window = 28;
const horizon = 7;
const starts = births.slice(window + horizon).map((_, i) => i);
const x = tensor(starts.map((i) => births.slice(i, i + window).map((value) => [value])));
const y = tensor(starts.map((i) => births.slice(i + window, i + window + horizon)));

const model = sequential({
  layers: [
    layers.lstm({ units: 32, inputShape: [window, 1] }),
    layers.dropout({ rate: 0.1 }),
    layers.dense({ units: horizon }),
  ],
  seed: 1,
});
model.compile({
  optimizer: optimizers.adam({ learningRate: 3e-3 }),
  loss: 'meanSquaredError',
  metrics: ['mae'],
});
console.log(model.summary());
const { history } = await model.fit(x, y, { epochs: 3, validationSplit: 0.2 });
console.log('validation MAE, births a day:', Math.round(history.val_mae!.at(-1)! * 1000));

const latest = tensor([births.slice(-window).map((value) => [value])]);
const forecast = await model.predict(latest);
console.log(
  'next week:',
  Array.from(forecast.data, (value) => Math.round((value + 11) * 1000)),
);
await saveModel(model, 'births.safetensors');
model.dispose();
