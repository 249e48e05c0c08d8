import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Watchdog } from '../../src/workers/watchdog.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(timeout: number) {
  const seen = { pings: 0, silent: [] as number[] };
  const watchdog = new Watchdog({
    timeout,
    ping() {
      seen.pings += 1;
    },
    onSilent: (ms) => void seen.silent.push(ms),
  });
  return { watchdog, seen };
}

describe('the watchdog', () => {
  it('is content as long as it hears something', () => {
    const { watchdog, seen } = watch(1000);
    watchdog.start();
    for (let i = 0; i < 20; i += 1) {
      vi.advanceTimersByTime(900);
      watchdog.heard();
    }
    expect(seen).toEqual({ pings: 0, silent: [] });
    watchdog.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('pings twice before it judges, and judges once', () => {
    const { watchdog, seen } = watch(1000);
    watchdog.start();
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual({ pings: 1, silent: [] });
    vi.advanceTimersByTime(100);
    expect(seen).toEqual({ pings: 2, silent: [] });
    vi.advanceTimersByTime(100);
    expect(seen).toEqual({ pings: 2, silent: [1200] });
    vi.advanceTimersByTime(10_000);
    expect(seen.silent).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgets its suspicion at the first word', () => {
    const { watchdog, seen } = watch(1000);
    watchdog.start();
    vi.advanceTimersByTime(1100);
    watchdog.heard();
    vi.advanceTimersByTime(1150);
    expect(seen.silent).toEqual([]);
    vi.advanceTimersByTime(50);
    expect(seen.silent).toEqual([1200]);
  });

  it('lets a main thread that was blocked read its messages first', () => {
    const { watchdog, seen } = watch(1000);
    watchdog.start();
    // Blocked for a minute: time passes, no timer fires; the beats wait behind the first timer.
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual({ pings: 1, silent: [] });
    watchdog.heard();
    vi.advanceTimersByTime(5000);
    expect(seen).toEqual({ pings: 1, silent: [] });
    now.mockRestore();
    watchdog.stop();
  });
});
