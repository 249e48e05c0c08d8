/** Web Workers. */
import type { Endpoint } from 'comlink';
import type { Channel, WebWorkerLike } from './channel.js';

/** Starts module workers from a script. */
export function browserSpawner(script: URL | string): () => WebWorkerLike {
  return () => new Worker(script, { type: 'module' });
}

export function browserCores(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

export function browserChannel(worker: WebWorkerLike): Channel {
  return {
    endpoint: worker as unknown as Endpoint,
    onMessage: (listener) => worker.addEventListener('message', listener),
    onDeath(listener) {
      worker.addEventListener('error', (event) => {
        // Reported here, so the page need not hear of it again as an error of its own.
        event.preventDefault();
        listener(describeError(event as ErrorEvent));
      });
      worker.addEventListener('messageerror', () => listener('sent a message that cannot be read'));
    },
    async terminate() {
      worker.terminate();
    },
  };
}

/** A script that cannot be loaded raises a plain Event without a word of the cause. */
function describeError({ message, filename, lineno }: ErrorEvent): string {
  if (!message) {
    return 'could not load its script (missing, of a wrong MIME type, or with an import that fails)';
  }
  const place = filename ? ` (${filename}:${lineno})` : '';
  return `failed with ${message.replace(/^Uncaught /, '')}${place}`;
}
