// How a signal ends training: looked at before each step, and listened to while somebody else is
// waited for (a callback may never come back).

/** Thrown within training; `train` makes a FitAborted of it. */
export class Interruption extends Error {}

/** @throws Interruption */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Interruption('aborted');
}

/** What `promise` settles to, or an Interruption as soon as the signal is aborted. */
export function orAborted<T>(
  promise: PromiseLike<T>,
  signal: AbortSignal | undefined,
): PromiseLike<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Interruption('aborted'));
    const done = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    promise.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
  });
}

/** True for a promise, of any realm. */
export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as PromiseLike<T> | undefined)?.then === 'function';
