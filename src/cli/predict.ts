/** sluice predict: the rows after the last one. */

import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import Papa from 'papaparse';
import { SluiceError } from '../errors.js';
import { type Forecast, type ForecastTimes, forecastNext } from '../forecast/forecast-next.js';
import { type Forecaster, openForecaster } from '../forecast/forecaster.js';
import type { Arguments } from './options.js';
import { escapedJson, printResult, tell } from './output.js';
import { checkOutputFile, writeResult } from './output-file.js';
import { readWhole } from './read-file.js';
import { readTable } from './read-table.js';
import { StudyFolder } from './study-folder.js';

/** No network of the command line is larger. */
const MOST_MODEL_BYTES = 2 ** 30;

export async function predict(args: Arguments): Promise<number> {
  const [given, dataPath] = args.positionals;
  const modelPath = await modelFile(given);
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

/** One text, whatever the table writes into several columns. */
const timeOf = ({ cells }: ForecastTimes, i: number): string =>
  cells[i].map((cell) => cell.padStart(2, '0')).join('-');

/**
 * The file itself, or that of the folder of a study.
 * @throws SluiceError 'bad-file' for a folder that holds none
 */
async function modelFile(path: string): Promise<string> {
  const folder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  if (!folder) return path;
  const file = new StudyFolder(path).model;
  if (
    await stat(file).then(
      (facts) => facts.isFile(),
      () => false,
    )
  )
    return file;
  throw new SluiceError(
    'bad-file',
    `${path}: is a folder without ${basename(file)}; expected a model file, or the folder of a study that has one`,
  );
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

/** Under the columns of the table, so that the rows can be put below its own. */
function asCsv({ target, times, values }: Forecast): string {
  const rows = values.map((value, i) => [...(times?.cells[i] ?? [i + 1]), value].map(String));
  const header = [...(times?.columns ?? ['step']), target];
  return `${Papa.unparse([header, ...rows], { newline: '\n' })}\n`;
}

function asJson({ target, times, values }: Forecast): string {
  const forecast = values.map((value, i) =>
    times ? { time: timeOf(times, i), value } : { step: i + 1, value },
  );
  return `${escapedJson({ target, horizon: values.length, forecast })}\n`;
}
