/** sluice predict: the rows after the last one. */

import Papa from 'papaparse';
import { SluiceError } from '../errors.js';
import { type Forecast, forecastNext } from '../forecast/forecast-next.js';
import { type Forecaster, openForecaster } from '../forecast/forecaster.js';
import type { Arguments } from './options.js';
import { escapedJson, printResult, tell } from './output.js';
import { checkOutputFile, writeResult } from './output-file.js';
import { readWhole } from './read-file.js';
import { readTable } from './read-table.js';

/** No network of the command line is larger. */
const MOST_MODEL_BYTES = 2 ** 30;

export async function predict(args: Arguments): Promise<number> {
  const [modelPath, dataPath] = args.positionals;
  const out = args.text('out');
  if (out !== undefined) await checkOutputFile(out, args.flag('force'), [modelPath, dataPath]);
  const forecaster = await readForecaster(modelPath);
  let forecast: Forecast;
  try {
    const { table } = await readTable(dataPath);
    forecast = await forecastNext(forecaster, table, args.flag('interpolate'));
  } finally {
    forecaster.model.dispose();
  }
  for (const notice of forecast.notices) tell(`note: ${notice}`);
  const text = args.text('format') === 'json' ? asJson(forecast) : asCsv(forecast);
  if (out === undefined) printResult(text);
  else await writeResult(out, text);
  return 0;
}

/** @throws SluiceError 'bad-file' naming the path */
async function readForecaster(path: string): Promise<Forecaster> {
  const bytes = await readWhole(path, MOST_MODEL_BYTES);
  try {
    return openForecaster(bytes);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw new SluiceError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

function asCsv({ target, times, values }: Forecast): string {
  const rows = values.map((value, i) => [times?.[i] ?? String(i + 1), String(value)]);
  return `${Papa.unparse([[times ? 'time' : 'step', target], ...rows], { newline: '\n' })}\n`;
}

function asJson({ target, times, values }: Forecast): string {
  const forecast = values.map((value, i) =>
    times ? { time: times[i], value } : { step: i + 1, value },
  );
  return `${escapedJson({ target, horizon: values.length, forecast })}\n`;
}
