/** The commands and their options: what help shows and what arguments are read by. */

import type { Command, Option } from './options.js';

/** Trial n waits for all trials up to n - LOOKBACK, so no more than these run at once. */
export const LOOKBACK = 8;

const force: Option = { name: 'force', kind: 'flag', help: 'replace the file where it exists' };

const data: readonly Option[] = [
  {
    name: 'target',
    kind: 'text',
    value: 'column',
    required: true,
    help: 'the numeric column to forecast',
  },
  {
    name: 'features',
    kind: 'list',
    value: 'a,b',
    help: 'further input columns, numbers or text of few categories (default: every column of use)',
  },
  {
    name: 'time',
    kind: 'list',
    value: 'column',
    help: 'column of ISO dates, or up to three for year,month,day (default: found by name and looks; "none": no dates)',
  },
  {
    name: 'window',
    kind: 'integer',
    value: 'rows',
    min: 2,
    max: 100_000,
    help: 'rows that a forecast looks back on (default 28)',
  },
  {
    name: 'horizon',
    kind: 'integer',
    value: 'rows',
    min: 1,
    max: 10_000,
    help: 'rows that it looks ahead (default 7)',
  },
  {
    name: 'season',
    kind: 'integer',
    value: 'rows',
    min: 1,
    help: 'rows in a season of the seasonal-naive baseline (default: by the dates, else found)',
  },
  {
    name: 'interpolate',
    kind: 'flag',
    help: 'fill empty cells on a line between their neighbours',
  },
];

const numerics: readonly Option[] = [
  {
    name: 'seed',
    kind: 'integer',
    value: 'number',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    help: 'of every random number (default 0)',
  },
  { name: 'portable', kind: 'flag', help: 'the same bits on every machine, a little slower' },
  {
    name: 'no-wide',
    kind: 'flag',
    help: 'compute in 128-bit vectors even where Node (24 or later) can take 256; the results are the same',
  },
];

const json: Option = {
  name: 'json',
  kind: 'flag',
  help: 'print one JSON object as the last line of stdout',
};

const tuneCommand: Command = {
  name: 'tune',
  summary: 'search for the best LSTM and test it once',
  positionals: ['data.csv'],
  options: [
    ...data,
    {
      name: 'trials',
      kind: 'integer',
      value: 'number',
      min: 1,
      max: 100_000,
      help: 'trials of the whole study (default 30)',
    },
    {
      name: 'workers',
      kind: 'integer',
      value: 'number',
      min: 1,
      max: 1024,
      help: `trials that run at once (default: one a core); no more than ${LOOKBACK} do, and the result does not depend on it`,
    },
    {
      name: 'epochs',
      kind: 'integer',
      value: 'number',
      min: 1,
      max: 100_000,
      help: 'most epochs of a trial (default: by the size of its network)',
    },
    ...numerics,
    {
      name: 'out',
      kind: 'text',
      value: 'folder',
      help: 'where everything goes (default: <name of the data>-study)',
    },
    { name: 'resume', kind: 'flag', help: 'go on with the study in that folder' },
    json,
  ],
  notes: [
    'The rows are split in time order: 70 % to train, 15 % to choose by, 15 % to test the winner on, once.',
    'The folder gets study.log (a journal that Optuna reads), model.safetensors and report.html. Ctrl-C keeps what is done.',
  ],
};

const trainCommand: Command = {
  name: 'train',
  summary: 'train one LSTM and test it',
  positionals: ['data.csv'],
  options: [
    ...data,
    {
      name: 'units',
      kind: 'integer',
      value: 'number',
      min: 1,
      help: 'units of the first LSTM; each further one has half as many (default 64)',
    },
    {
      name: 'layers',
      kind: 'integer',
      value: 'number',
      min: 1,
      max: 16,
      help: 'LSTM layers (default 1)',
    },
    {
      name: 'dropout',
      kind: 'number',
      value: 'rate',
      min: 0,
      max: 0.95,
      help: 'behind each LSTM (default 0.2)',
    },
    {
      name: 'optimizer',
      kind: 'text',
      value: 'adam|sgd',
      choices: ['adam', 'sgd'],
      help: 'default adam; sgd has Nesterov momentum 0.9',
    },
    {
      name: 'learning-rate',
      kind: 'number',
      value: 'rate',
      min: 1e-9,
      max: 100,
      help: 'default 0.003 with adam, 0.03 with sgd',
    },
    {
      name: 'batch-size',
      kind: 'integer',
      value: 'windows',
      min: 1,
      help: 'windows in a training step (default 64)',
    },
    {
      name: 'global-clip-norm',
      kind: 'number',
      value: 'norm',
      min: 1e-9,
      max: 1e30,
      help: 'largest norm of all gradients together (default 1)',
    },
    {
      name: 'epochs',
      kind: 'integer',
      value: 'number',
      min: 1,
      max: 100_000,
      help: 'most epochs (default 30)',
    },
    {
      name: 'patience',
      kind: 'integer',
      value: 'epochs',
      min: 1,
      help: 'epochs without progress on the validation part before it stops (default 6)',
    },
    {
      name: 'threads',
      kind: 'integer',
      value: 'number',
      min: 1,
      max: 128,
      help: 'that share the work on the network (default: one a core); the result does not depend on it',
    },
    ...numerics,
    {
      name: 'out',
      kind: 'text',
      value: 'file',
      help: 'the model file (default model.safetensors)',
    },
    force,
    json,
  ],
};

const predictCommand: Command = {
  name: 'predict',
  summary: 'forecast what comes after the last row',
  positionals: ['model.safetensors', 'data.csv'],
  options: [
    {
      name: 'out',
      kind: 'text',
      value: 'file',
      help: 'write to a file (default: standard output)',
    },
    force,
    {
      name: 'format',
      kind: 'text',
      value: 'csv|json',
      choices: ['csv', 'json'],
      help: 'default csv',
    },
    {
      name: 'interpolate',
      kind: 'flag',
      help: 'fill empty cells on a line between their neighbours',
    },
  ],
  notes: [
    'The data need the columns that the model was trained on, and at least a window of rows.',
    'In place of the model file stands the folder of a study, too. Rows come as the data write theirs: below the same time columns, in the same format.',
  ],
};

export const COMMANDS: readonly Command[] = [tuneCommand, trainCommand, predictCommand];
