/** Web Workers. */
import { SluiceError } from '../errors.js';
import type { Channel, WebWorkerLike } from './channel.js';

/**
 * Starts module workers from a script.
 * @throws SluiceError 'bad-option' for a data: URL that holds no JavaScript
 */
export function browserSpawner(script: URL | string): () => WebWorkerLike {
  const url = String(script);
  if (url.startsWith('data:') && !/^data:(text|application)\/(x-)?(java|ecma)script\b/i.test(url)) {
    throw new SluiceError(
      'bad-option',
      `worker: ${shortUrl(script)} is no JavaScript; ${bundlerHint}`,
    );
  }
  return () => new Worker(script, { type: 'module' });
}

export function browserCores(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/**
 * Bundlers find workers by the words `new Worker(new URL(...))`; any other `new URL` they take for
 * a file to be copied as it stands, TypeScript and imports of packages included.
 */
const bundlerHint =
  'in a bundled page, hand over a function instead, so that the bundler finds the worker: ' +
  "() => new Worker(new URL('./objective.worker.ts', import.meta.url), { type: 'module' })";

/** For messages: a data: URL may hold a whole script. */
function shortUrl(script: URL | string): string {
  const url = String(script);
  return url.length > 100 ? `${url.slice(0, 60)}... (${url.length} characters)` : url;
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
    const cause = 'missing, of a wrong MIME type, with a syntax error or with an import that fails';
    return script === undefined
      ? `could not load its script: ${cause} (the console says which)`
      : `could not load ${shortUrl(script)}: ${cause} (the console says which); ${bundlerHint}`;
  }
  const line = filename ? ` (${shortUrl(filename)}:${lineno})` : '';
  return `failed with ${message.replace(/^Uncaught /, '')}${line}`;
}
