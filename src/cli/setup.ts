/** What tune and train have in common: from options to prepared data. */

import { type Prepared, type PrepareOptions, prepare } from '../forecast/preparation.js';
import { windowSets } from '../forecast/window-sets.js';
import type { Arguments } from './options.js';
import { readTable } from './read-table.js';
import { decideWide, type Wide } from './wide.js';

export interface Setup extends Wide {
  readonly file: string;
  readonly sha256: string;
  readonly columns: readonly string[];
  readonly prepared: Prepared;
  readonly seed: number;
  readonly numerics: 'fast' | 'portable';
}

/** Reads and prepares the data that the arguments name. @throws SluiceError */
export async function setUp(args: Arguments): Promise<Setup> {
  const file = args.positionals[0];
  const deciding = decideWide(args);
  const { table, sha256 } = await readTable(file);
  const prepared = prepare(table, prepareOptions(args));
  return {
    file,
    sha256,
    columns: table.header,
    prepared,
    seed: args.number('seed') ?? 0,
    numerics: args.flag('portable') ? 'portable' : 'fast',
    ...(await deciding),
  };
}

function prepareOptions(args: Arguments): PrepareOptions {
  const time = args.list('time');
  return {
    target: args.text('target')!,
    window: args.number('window') ?? 28,
    horizon: args.number('horizon') ?? 7,
    features: args.list('features'),
    time: time?.length === 1 && time[0] === 'none' ? [] : time,
    season: args.number('season'),
    interpolate: args.flag('interpolate'),
  };
}

const rows = (count: number): string => (count === 1 ? '1 row' : `${count} rows`);

/** What the data are and what is made of them, in a few lines. */
export function describeData({ file, prepared, note }: Setup): string[] {
  const { split, preprocessing, notices } = prepared;
  const size = (part: { from: number; to: number }) => part.to - part.from;
  return [
    `${file}: ${prepared.series.rows} rows, ${size(split.train)} to train, ${size(split.validation)} to choose by, ${size(split.test)} to test`,
    `forecast ${preprocessing.target} ${rows(preprocessing.horizon)} ahead from ${rows(preprocessing.window)}`,
    ...strideNote(prepared),
    ...notices.map((notice) => `note: ${notice}`),
    ...(note === undefined ? [] : [`note: ${note}`]),
  ];
}

function strideNote(prepared: Prepared): string[] {
  const { stride } = windowSets(prepared);
  return stride > 1 ? [`note: to save memory, windows start ${stride} rows apart`] : [];
}
