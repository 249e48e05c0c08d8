import { describe, expect, it, vi } from 'vitest';
import { onAbort } from '../../src/workers/abort.js';
import { delay, unlessAborted } from '../../src/workers/clock.js';

describe('onAbort', () => {
  it('puts one listener on a signal, for however many', () => {
    const controller = new AbortController();
    const added = vi.spyOn(controller.signal, 'addEventListener');
    const calls: number[] = [];
    const ignores = Array.from({ length: 50 }, (_, i) =>
      onAbort(controller.signal, () => void calls.push(i)),
    );
    expect(added).toHaveBeenCalledTimes(1);
    for (const ignore of ignores.slice(2)) ignore();
    controller.abort();
    expect(calls).toEqual([0, 1]);
  });

  it('calls at once when the signal is aborted, and never without one', () => {
    const listener = vi.fn();
    onAbort(AbortSignal.abort(), listener);
    expect(listener).toHaveBeenCalledTimes(1);
    onAbort(undefined, listener)();
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe('waiting', () => {
  it('ends early on abort', async () => {
    const controller = new AbortController();
    const waiting = delay(60_000, undefined, controller.signal);
    controller.abort();
    await waiting;
    await delay(60_000, controller.signal, new AbortController().signal);
    await delay(1);
  });

  it('settles as the promise does, unless aborted', async () => {
    const controller = new AbortController();
    expect(await unlessAborted(Promise.resolve(3), controller.signal)).toBe(3);
    await expect(unlessAborted(Promise.reject(new Error('no')), controller.signal)).rejects.toThrow(
      'no',
    );
    const never = unlessAborted(new Promise<number>(() => {}), controller.signal);
    controller.abort();
    expect(await never).toBeUndefined();
  });
});
