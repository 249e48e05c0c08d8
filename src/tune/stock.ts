/**
 * What stands in the storage besides the trials of this run: those that a run left behind, which
 * are failed and run again, and those of other programs, which are theirs. A RUNNING trial that
 * sluice has started is known to be dead, since whoever runs a study has claimed it; one of Optuna
 * may live anywhere, and is left alone.
 */
import type { Places } from './places.js';
import type { Storage } from './storage/storage.js';

export interface StockOptions {
  readonly storage: Storage;
  /** Id of the study. */
  readonly study: number;
  /** Seconds of silence after which another program's trial counts as dead; undefined: never. */
  readonly failStale: number | undefined;
}

/** At the start of a run: fills the places. */
export async function takeStock(places: Places, options: StockOptions): Promise<void> {
  const { storage, study } = options;
  const foreign = new Set(storage.foreignTrials(study).map(({ number }) => number));
  for (const { state, number } of storage.trials(study)) {
    if (state === 'RUNNING' && !foreign.has(number)) await interrupt(options, number);
  }
  await takeIn(places, options);
}

/**
 * Before each trial: what others have done meanwhile.
 * @returns how many places they have settled
 */
export async function takeIn(places: Places, options: StockOptions): Promise<number> {
  const { storage, study } = options;
  await failStale(options);
  let settled = 0;
  for (const number of places.foreign) {
    const trial = storage.trial(study, number);
    if (trial && trial.state !== 'RUNNING' && places.update(trial)) settled += 1;
  }
  for (const trial of storage.trials(study, places.length)) if (places.add(trial)) settled += 1;
  return settled;
}

async function failStale(options: StockOptions): Promise<void> {
  const { storage, study, failStale } = options;
  if (failStale === undefined) return;
  const stale = () =>
    storage.foreignTrials(study).filter(({ silence }) => silence >= 1000 * failStale);
  if (stale().length === 0) return;
  await storage.refresh(); // they may have shown life since we last looked
  for (const { number } of stale()) await interrupt(options, number);
}

async function interrupt({ storage, study }: StockOptions, number: number): Promise<void> {
  const systemAttrs = { fail_reason: 'interrupted', fail_code: 'interrupted' };
  try {
    await storage.finishTrial(study, number, { state: 'FAIL', systemAttrs });
  } catch (error) {
    // It lives after all, and has ended this moment.
    if (storage.trial(study, number)?.state === 'RUNNING') throw error;
  }
}
