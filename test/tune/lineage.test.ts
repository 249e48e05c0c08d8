import { describe, expect, it } from 'vitest';
import {
  asHistory,
  inherited,
  isPending,
  latestByPlace,
  settledCount,
} from '../../src/tune/lineage.js';
import { Places } from '../../src/tune/places.js';
import type { FrozenTrial } from '../../src/tune/trial.js';
import { finishedTrial } from '../contracts/pruner.js';

const interrupted = (number: number, systemAttrs = {}) =>
  finishedTrial({
    number,
    state: 'FAIL',
    systemAttrs: { fail_reason: 'interrupted', fail_code: 'interrupted', ...systemAttrs },
  });

const again = (number: number, of: number) =>
  finishedTrial({ number, systemAttrs: { failed_trial: of, retry_history: [of] } });

describe('places', () => {
  // 1 and 2 are interrupted, run again as 3 and 4; 3 is interrupted again and run as 5; 6 is new.
  const trials = [
    finishedTrial({ number: 0 }),
    interrupted(1),
    interrupted(2),
    interrupted(3, { failed_trial: 1, retry_history: [1] }),
    again(4, 2),
    again(5, 1),
    finishedTrial({ number: 6, state: 'FAIL', systemAttrs: { fail_code: 'threw' } }),
  ];

  it('are held by the last trial that was run there', () => {
    expect(latestByPlace(trials).map((t) => t.number)).toEqual([0, 5, 4, 6]);
    expect(latestByPlace(trials.slice(0, 5)).map((t) => t.number)).toEqual([0, 3, 4]);
    expect(settledCount(trials)).toBe(4);
    expect(settledCount(trials.slice(0, 5))).toBe(2);
  });

  it('number the history', () => {
    expect(asHistory(trials[5], 1)).toEqual({ ...trials[5], number: 1 });
    expect(asHistory(trials[0], 0)).toBe(trials[0]);
  });

  it('are pending where an interruption or a wait was the last word', () => {
    expect(trials.map(isPending)).toEqual([false, true, true, true, false, false, false]);
    expect(isPending(finishedTrial({ state: 'WAITING' }))).toBe(true);
  });

  it('ignore a failed_trial that makes no sense', () => {
    for (const of of [7, 1, -1, 0.5, 'x' as never]) {
      expect(latestByPlace([finishedTrial({}), again(1, of)])).toHaveLength(2);
    }
  });

  it('pass on who was run again, as Optuna does', () => {
    expect(inherited(interrupted(1, { other: 1 }), undefined).systemAttrs).toEqual({
      other: 1,
      failed_trial: 1,
      retry_history: [1],
    });
    expect(inherited(trials[3], undefined).systemAttrs).toEqual({
      failed_trial: 1,
      retry_history: [1, 3],
    });
  });
});

describe('Places', () => {
  const placesOf = (trials: readonly FrozenTrial[]) => {
    const places = new Places();
    for (const trial of trials) places.add(trial);
    return places;
  };
  const running = (number: number) => finishedTrial({ number, state: 'RUNNING' });

  it('runs open places first, and none before its past is settled', () => {
    const places = placesOf([finishedTrial({}), interrupted(1), finishedTrial({ number: 2 })]);
    expect(places.next()).toMatchObject({ place: 1, earlier: { number: 1 } });
    expect(places.mayStart(1)).toBe(true);
    places.start(again(3, 1));
    expect(places.next()).toEqual({ place: 3 });
    expect(places.mayStart(1)).toBe(false);
    expect(places.mayStart(2)).toBe(false);
    expect(places.mayStart(3)).toBe(true);
    places.start(running(4));
    expect(places.length).toBe(5);
    expect(places.next()).toEqual({ place: 4 });
    expect(places.mayStart(3)).toBe(false);
    places.settle(1, finishedTrial({ number: 3 }));
    expect(places.mayStart(2)).toBe(true);
    expect(places.mayStart(1)).toBe(false);
    expect(places.history(2).map((t) => t.number)).toEqual([0, 1, 2]);
    expect(places.history(-1)).toEqual([]);
  });

  it("waits for no other program's trial, and takes it in when it has ended", () => {
    const places = placesOf([finishedTrial({}), running(1), finishedTrial({ number: 2 })]);
    expect(places.foreign).toEqual([1]);
    expect(places.mayStart(1)).toBe(true);
    expect(places.history(2).map((t) => t.number)).toEqual([0, 2]);
    places.start(running(3));
    expect(places.mayStart(1)).toBe(false);
    expect(places.update(finishedTrial({ number: 1 }))).toBe(true);
    expect(places.history(2).map((t) => t.number)).toEqual([0, 1, 2]);
    expect(places.foreign).toEqual([]);
  });

  it('opens a place that another program gave up, or queued, in order', () => {
    const places = placesOf([running(0), finishedTrial({ number: 1 })]);
    expect(places.add(finishedTrial({ number: 2, state: 'WAITING' }))).toBe(false);
    expect(places.next()).toMatchObject({ place: 2 });
    expect(places.update(interrupted(0))).toBe(false);
    expect(places.next()).toMatchObject({ place: 0, earlier: { number: 0 } });
    expect(places.update(running(2))).toBe(false); // popped from the queue by another
    places.start(again(3, 0));
    expect(places.next()).toEqual({ place: 3 });
    expect(places.foreign).toEqual([2]);
  });
});
