/**
 * Listens for the abort of a signal. All jobs of a study share one signal, and runtimes warn
 * of a leak when a signal gets more than ten listeners; so each signal gets one, for all.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back once, at once if the signal is aborted already. Returns a function that ends the listening. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    listener();
    return () => {};
  }
  const listeners = waiting.get(signal) ?? attach(signal);
  const entry = () => listener();
  listeners.add(entry);
  return () => void listeners.delete(entry);
}

function attach(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  waiting.set(signal, listeners);
  signal.addEventListener(
    'abort',
    () => {
      for (const listener of listeners) listener();
      listeners.clear();
    },
    { once: true },
  );
  return listeners;
}
