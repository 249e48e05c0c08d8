/** Waiting that leaves no timer and no listener behind. */
import { onAbort } from './abort.js';

/** Resolves after so many milliseconds, or as soon as one of the signals aborts. */
export function delay(
  milliseconds: number,
  ...signals: (AbortSignal | undefined)[]
): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      for (const ignore of ignores) ignore();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    const ignores: (() => void)[] = [];
    for (const signal of signals) ignores.push(onAbort(signal, end));
  });
}

/** Settles as `promise` does, or resolves with undefined as soon as one of the signals aborts. */
export function unlessAborted<T>(
  promise: Promise<T>,
  ...signals: (AbortSignal | undefined)[]
): Promise<T | undefined> {
  let ignores: (() => void)[] = [];
  const stopped = new Promise<undefined>((resolve) => {
    ignores = signals.map((signal) => onAbort(signal, () => resolve(undefined)));
  });
  return Promise.race([promise, stopped]).finally(() => {
    for (const ignore of ignores) ignore();
  });
}
