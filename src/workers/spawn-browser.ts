/** Web Workers. */
import type { Channel, WebWorkerLike } from './channel.js';

/** Starts module workers from a script. */
export function browserSpawner(script: URL | string): () => WebWorkerLike {
  return () => new Worker(script, { type: 'module' });
}

export function browserCores(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** `script` is named when it cannot be loaded. */
export function browserChannel(worker: WebWorkerLike, script?: URL | string): Channel {
  return {
    endpoint: worker,
    onMessage: (listener) => worker.addEventListener('message', listener),
    onDeath(listener) {
      worker.addEventListener('error', (event: ErrorEvent) => {
        // Reported here, so the page need not hear of it again as an error of its own.
        event.preventDefault();
        listener(describeError(event, script));
      });
      worker.addEventListener('messageerror', () => listener('sent a message that cannot be read'));
    },
    async terminate() {
      worker.terminate();
    },
  };
}

/** A script that cannot be loaded, or parsed, raises a plain Event without a word of the cause. */
function describeError({ message, filename, lineno }: ErrorEvent, script?: URL | string): string {
  if (!message) {
    return (
      `could not load ${script ?? 'its script'}: missing, of a wrong MIME type, ` +
      'with a syntax error or with an import that fails (the console says which)'
    );
  }
  const place = filename ? ` (${filename}:${lineno})` : '';
  return `failed with ${message.replace(/^Uncaught /, '')}${place}`;
}
