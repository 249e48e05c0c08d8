/** What every storage must do. Call it from the storage's own test. */

import { beforeEach, describe, expect, it } from 'vitest';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../src/tune/distributions.js';
import type { Storage, TrialStart } from '../../src/tune/storage/storage.js';
import { expectError } from '../support/errors.js';

const start: TrialStart = {
  params: { units: 32, rate: 0.01, kind: null },
  distributions: {
    units: intDistribution('units', 16, 256, { log: true }),
    rate: floatDistribution('rate', 1e-4, 1e-1, { log: true }),
    kind: categoricalDistribution('kind', ['a', null, true, 2]),
  },
  userAttrs: { note: 'ü "quoted"\n', nested: [1, { deep: null }] },
  systemAttrs: {},
};

const bare: TrialStart = { params: {}, distributions: {}, userAttrs: {}, systemAttrs: {} };

/** @param open an empty storage; `again` opens the same one anew, as another process would */
export function storageContract(
  open: () => Promise<{ storage: Storage; again: () => Promise<Storage> }>,
): void {
  let storage: Storage;
  let again: () => Promise<Storage>;
  beforeEach(async () => {
    ({ storage, again } = await open());
  });

  describe('studies', () => {
    it('are created once and found by name', async () => {
      await storage.refresh();
      expect(storage.study('a')).toBeUndefined();
      const a = await storage.createStudy('a', ['minimize']);
      const b = await storage.createStudy('b', ['maximize']);
      expect(a).toEqual({
        id: 0,
        name: 'a',
        directions: ['minimize'],
        userAttrs: {},
        systemAttrs: {},
      });
      expect(b.id).toBe(1);
      expect(storage.study('b')).toEqual(b);
      expect(await storage.createStudy('a', ['maximize'])).toEqual(a);
    });

    it('keep values of programs, by study', async () => {
      const a = await storage.createStudy('a', ['minimize']);
      const b = await storage.createStudy('b', ['minimize']);
      await storage.setStudySystemAttrs(a.id, { one: 1, two: [2] });
      await storage.setStudySystemAttrs(a.id, { one: 'x' });
      expect(storage.study('a')?.systemAttrs).toEqual({ one: 'x', two: [2] });
      expect(storage.study('b')).toEqual(b);
      const other = await again();
      await other.refresh();
      expect(other.study('a')?.systemAttrs).toEqual({ one: 'x', two: [2] });
      await expectError(() => storage.setStudySystemAttrs(7, { one: 1 }), 'storage');
    });

    it('keep their trials apart', async () => {
      const a = await storage.createStudy('a', ['minimize']);
      const b = await storage.createStudy('b', ['minimize']);
      await storage.createTrial(a.id, bare);
      await storage.createTrial(b.id, bare);
      const second = await storage.createTrial(a.id, bare);
      expect(second.number).toBe(1);
      await storage.report(b.id, 0, 3, 0.5);
      await storage.finishTrial(a.id, 1, { state: 'COMPLETE', values: [2] });
      expect(storage.trials(a.id).map((t) => t.state)).toEqual(['RUNNING', 'COMPLETE']);
      expect(storage.trials(b.id).map((t) => t.intermediateValues)).toEqual([{ 3: 0.5 }]);
    });

    it('that do not exist have no trials and take none', async () => {
      expect(storage.trials(7)).toEqual([]);
      await expect(storage.createTrial(7, bare)).rejects.toThrow('no study with id 7');
    });
  });

  describe('trials', () => {
    it('go from RUNNING to an end, and are seen by whoever opens the storage', async () => {
      const { id } = await storage.createStudy('study', ['minimize']);
      const running = await storage.createTrial(id, start);
      expect(running).toMatchObject({
        number: 0,
        state: 'RUNNING',
        intermediateValues: {},
        ...start,
      });
      expect(running.datetimeStart).toBeInstanceOf(Date);
      await storage.report(id, 0, 0, 1.5);
      await storage.report(id, 0, 1, Number.NaN);
      await storage.report(id, 0, 2, Number.NEGATIVE_INFINITY);
      const systemAttrs = { fail_reason: 'Error: "x"', fail_code: 'threw' };
      const failed = await storage.finishTrial(id, 0, { state: 'FAIL', systemAttrs });
      expect(failed).toMatchObject({ state: 'FAIL', failReason: 'Error: "x"', systemAttrs });
      expect(failed.value).toBeUndefined();
      expect(failed.intermediateValues).toEqual({ 0: 1.5, 1: Number.NaN, 2: -Infinity });
      expect(Number(failed.datetimeComplete)).toBeGreaterThanOrEqual(Number(failed.datetimeStart));
      await storage.createTrial(id, start);
      await storage.finishTrial(id, 1, { state: 'COMPLETE', values: [-0.1] });
      await storage.createTrial(id, bare);
      await storage.finishTrial(id, 2, { state: 'PRUNED', values: [Number.POSITIVE_INFINITY] });
      expect(storage.trials(id).map((t) => t.value)).toEqual([undefined, -0.1, Infinity]);

      const other = await again();
      await other.refresh();
      expect(other.trials(id)).toEqual(storage.trials(id));
    });

    it('cannot be changed once they are finished, and other trials are not harmed by the attempt', async () => {
      const { id } = await storage.createStudy('study', ['minimize']);
      await storage.createTrial(id, bare);
      await storage.finishTrial(id, 0, { state: 'COMPLETE', values: [1] });
      await expect(storage.finishTrial(id, 0, { state: 'FAIL' })).rejects.toThrow(
        'finished already',
      );
      await expect(storage.report(id, 0, 0, 1)).rejects.toThrow('finished already');
      await expect(storage.report(id, 5, 0, 1)).rejects.toThrow('trial 5 does not exist');
      expect((await storage.createTrial(id, bare)).number).toBe(1);
    });

    it('are frozen all the way down, and what was handed out stays as it was', async () => {
      const { id } = await storage.createStudy('study', ['minimize']);
      const before = await storage.createTrial(id, start);
      await storage.report(id, 0, 0, 1);
      expect(before.intermediateValues).toEqual({});
      const now = storage.trials(id)[0];
      for (const part of [now, now.params, now.intermediateValues, now.userAttrs.nested]) {
        expect(Object.isFrozen(part)).toBe(true);
      }
    });

    it('of one study agree on what a parameter is, but may move its range', async () => {
      const { id } = await storage.createStudy('study', ['minimize']);
      await storage.createTrial(id, start);
      const as = (
        distribution: TrialStart['distributions'][string],
        value: number,
      ): TrialStart => ({
        ...bare,
        params: { units: value },
        distributions: { units: distribution },
      });
      await storage.createTrial(id, as(intDistribution('units', 1, 8, { log: true }), 3));
      await expect(storage.createTrial(id, as(intDistribution('units', 1, 8), 3))).rejects.toThrow(
        "parameter 'units' is int [16, 256] log in earlier trials, but now int [1, 8]",
      );
      expect(storage.trials(id)).toHaveLength(2);
    });

    it('wait until they are started, and keep what they came with', async () => {
      const { id } = await storage.createStudy('study', ['minimize']);
      const systemAttrs = { fixed_params: { units: 64 } };
      const waiting = await storage.enqueueTrial(id, { ...bare, systemAttrs });
      expect(waiting).toMatchObject({ number: 0, state: 'WAITING' });
      expect(waiting.datetimeStart).toBeUndefined();
      const running = await storage.startTrial(id, 0, start);
      expect(running).toMatchObject({ state: 'RUNNING', params: start.params, systemAttrs });
      expect(running?.datetimeStart).toBeInstanceOf(Date);
      const other = await again();
      await other.refresh();
      expect(other.trials(id)).toEqual([running]);
      expect(await storage.startTrial(id, 0, start)).toBeUndefined();
      expect(storage.trials(id)).toEqual([running]);
    });

    it('are added at a number only where that is the next', async () => {
      const { id } = await storage.createStudy('study', ['minimize']);
      expect(await storage.createTrialAt(id, 1, bare)).toBeUndefined();
      expect(await storage.createTrialAt(id, 0, bare)).toMatchObject({ number: 0 });
      expect(await storage.createTrialAt(id, 0, bare)).toBeUndefined();
      expect(storage.trials(id)).toHaveLength(1);
    });

    it('that sluice has started are foreign to none of them', async () => {
      const { id } = await storage.createStudy('study', ['minimize']);
      await storage.createTrial(id, bare);
      const other = await again();
      await other.refresh();
      expect([storage, other].map((s) => s.foreignTrials(id))).toEqual([[], []]);
    });

    it('keep their order when many are changed at once', async () => {
      const { id } = await storage.createStudy('study', ['minimize']);
      const made = await Promise.all(
        Array.from({ length: 20 }, () => storage.createTrial(id, bare)),
      );
      expect(made.map((t) => t.number)).toEqual(made.map((_, i) => i));
      await Promise.all(
        made.flatMap(({ number }) => [
          storage.report(id, number, 0, number),
          storage.finishTrial(id, number, { state: 'COMPLETE', values: [number] }),
        ]),
      );
      expect(storage.trials(id).map((t) => t.value)).toEqual(made.map((_, i) => i));
    });
  });

  describe('claims', () => {
    it('let one at a time run a study', async () => {
      const a = await storage.createStudy('a', ['minimize']);
      const b = await storage.createStudy('b', ['minimize']);
      const release = await storage.claim(a.id);
      await expect(storage.claim(a.id)).rejects.toThrow(/study 'a'.* is being optimized/);
      await (await storage.claim(b.id))();
      await release();
      await (await storage.claim(a.id))();
    });
  });
}
