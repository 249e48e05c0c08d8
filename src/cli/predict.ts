/** sluice predict: the rows after the last one. */

import Papa from 'papaparse';
import { formatTime } from '../data/civil-date.js';
import { reorderRows } from '../data/columns.js';
import type { CsvTable } from '../data/csv.js';
import { continueTimes, readTimeAxis, type TimeAxis } from '../data/time-axis.js';
import { SluiceError } from '../errors.js';
import { forecastWindows } from '../forecast/forecast-windows.js';
import { asPreprocessing, inputNames, type Preprocessing } from '../forecast/preprocessing.js';
import { encodeSeries, readColumns } from '../forecast/series.js';
import { fromBytes } from '../formats/model-file.js';
import type { Sequential } from '../model/sequential.js';
import type { Arguments } from './options.js';
import { escapedJson, printResult, tell } from './output.js';
import { checkPlace, writeResult } from './place.js';
import { readWhole } from './read-file.js';
import { readTable } from './read-table.js';

/** No network of the command line is larger. */
const MOST_MODEL_BYTES = 2 ** 30;

interface Forecast {
  readonly target: string;
  readonly times: readonly string[] | undefined;
  readonly values: readonly number[];
}

export async function predict(args: Arguments): Promise<number> {
  const [modelPath, dataPath] = args.positionals;
  const out = args.text('out');
  if (out !== undefined) await checkPlace(out, args.flag('force'), [modelPath, dataPath]);
  const forecaster = await openForecaster(modelPath);
  let forecast: Forecast;
  try {
    const { table } = await readTable(dataPath);
    forecast = await forecastNext(forecaster, table, args.flag('interpolate'));
  } finally {
    forecaster.model.dispose();
  }
  const text = args.text('format') === 'json' ? asJson(forecast) : asCsv(forecast);
  if (out === undefined) printResult(text);
  else await writeResult(out, text);
  return 0;
}

interface Forecaster {
  /** The caller disposes of it. */
  readonly model: Sequential;
  readonly preprocessing: Preprocessing;
}

/** @throws SluiceError 'bad-file' naming the path */
async function openForecaster(path: string): Promise<Forecaster> {
  const bytes = await readWhole(path, MOST_MODEL_BYTES);
  try {
    const model = fromBytes(bytes);
    try {
      const preprocessing = asPreprocessing(model.preprocessing, 'it');
      checkMatch(model, preprocessing);
      return { preprocessing, model };
    } catch (error) {
      model.dispose();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw new SluiceError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

/** Network and preprocessing must be made for one another. */
function checkMatch({ inputShape, outputShape }: Sequential, preprocessing: Preprocessing): void {
  const inputs = [preprocessing.window, inputNames(preprocessing).length];
  const outputs = [preprocessing.horizon];
  if (String([inputShape, outputShape]) === String([inputs, outputs])) return;
  throw new SluiceError(
    'bad-file',
    `its network maps [${inputShape}] to [${outputShape}], its preprocessing [${inputs}] to [${outputs}]; write the model again`,
  );
}

/** Forecasts the horizon after the last row of a table. */
async function forecastNext(
  { model, preprocessing }: Forecaster,
  table: CsvTable,
  interpolate: boolean,
): Promise<Forecast> {
  const { window, horizon, target, time } = preprocessing;
  if (table.rows.length < window) {
    throw new SluiceError(
      'bad-data',
      `${table.name} has ${table.rows.length} rows; the model looks back on ${window}`,
    );
  }
  const timed = time ? readTimeAxis(table, time.columns) : { table, axis: undefined, notices: [] };
  const fill = interpolate || preprocessing.interpolate;
  const last = fill ? timed : lastRows(timed.table, timed.axis, window);
  const axis = last.axis && { ...last.axis, step: time?.step };
  const columns = readColumns(
    last.table,
    [target, ...preprocessing.numeric.map(({ column }) => column)],
    preprocessing.categorical.map(({ column }) => column),
    fill,
    'fill them, or add --interpolate',
  );
  const { series, notices } = encodeSeries(columns, axis, preprocessing);
  for (const notice of [...timed.notices, ...notices]) tell(`note: ${notice}`);
  const values = await forecastWindows(model, series, preprocessing, Uint32Array.of(series.rows));
  const ahead = axis && continueTimes(axis, horizon);
  return {
    target,
    values: Array.from(values, rounded),
    times: ahead && Array.from(ahead, (one) => formatTime(one, axis.format)),
  };
}

/** Float32 knows no more than seven digits. */
const rounded = (value: number) => Number(value.toPrecision(7));

/** Only these are looked at: what is wrong further up does not matter. */
function lastRows(
  table: CsvTable,
  axis: TimeAxis | undefined,
  count: number,
): { table: CsvTable; axis?: TimeAxis } {
  const from = table.rows.length - count;
  const order = Uint32Array.from({ length: count }, (_, i) => from + i);
  return {
    table: reorderRows(table, order),
    axis: axis && { ...axis, seconds: axis.seconds.subarray(from) },
  };
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
