/** One claim on a study for all that a run does with it: search, test, report, tidying up. */

import type { Storage } from '../tune/storage/storage.js';

/**
 * The same storage for a study that this process has claimed already: claiming it again, as
 * `optimize` does, succeeds at once and releases nothing.
 */
export function underClaim(storage: Storage): Storage {
  return new Proxy(storage, {
    get(target, name) {
      if (name === 'claim') return async () => async () => {};
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
