// How many cores a model's threads may use at the moment, where several models of one process train beside
// each other: the pool of workers writes it down in memory that they share.

import { hasSharedMemory } from './memory.js';

/** Words of a board: cores that there are, and trainings that run beside each other. */
const BOARD = { cores: 0, busy: 1, words: 2 } as const;

/** Shared by who counts and those who look; Atomics only. */
export type CoreBoard = Int32Array<SharedArrayBuffer>;

/** Undefined where there is no shared memory. */
export function createCoreBoard(cores: number): CoreBoard | undefined {
  if (!hasSharedMemory()) return undefined;
  const board = new Int32Array(new SharedArrayBuffer(4 * BOARD.words));
  board[BOARD.cores] = cores;
  return board;
}

/** One more training runs. */
export function beginTraining(board: CoreBoard | undefined): void {
  if (board) Atomics.add(board, BOARD.busy, 1);
}

/** It has ended. */
export function endTraining(board: CoreBoard | undefined): void {
  if (board) Atomics.sub(board, BOARD.busy, 1);
}

let own: CoreBoard | undefined;

/** The board that the models of this thread look at; undefined: they need not ask. */
export function useCoreBoard(board: CoreBoard | undefined): void {
  own = board;
}

/** Threads that a model which may have up to `most` may use now: a fair share of the cores, at least one. */
export function threadsNow(most: number): number {
  if (!own) return most;
  const busy = Math.max(1, Atomics.load(own, BOARD.busy));
  const share = Math.floor(Atomics.load(own, BOARD.cores) / busy);
  return Math.max(1, Math.min(most, share));
}
