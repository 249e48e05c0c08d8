import type { Direction, FrozenTrial } from './trial.js';

/**
 * The COMPLETE trials that no other dominates, in number order; equals stand side by side. As
 * Study.best_trials of Optuna.
 */
export function paretoFront(
  trials: readonly FrozenTrial[],
  directions: readonly Direction[],
): FrozenTrial[] {
  const complete = trials
    .filter(({ state, values }) => state === 'COMPLETE' && values?.length === directions.length)
    .map((trial) => ({ trial, losses: lossesOf(trial, directions) }));
  // the best in the first objective come first: only what stands before a trial can dominate it
  const sorted = [...complete].sort((a, b) => compare(a.losses, b.losses));
  const front: (typeof complete)[number][] = [];
  for (const one of sorted) {
    if (!front.some(({ losses }) => dominates(losses, one.losses))) front.push(one);
  }
  return front.map(({ trial }) => trial).sort((a, b) => a.number - b.number);
}

/** Smaller is better in each. */
const lossesOf = ({ values = [] }: FrozenTrial, directions: readonly Direction[]): number[] =>
  values.map((value, i) => (directions[i] === 'maximize' ? -value : value));

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] < b[at] ? -1 : 1;
}

const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => value <= b[i]) && a.some((value, i) => value < b[i]);
