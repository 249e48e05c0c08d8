/** The worker's view of the thread that started it, in a Web Worker and in worker_threads. */
import { SluiceError } from '../errors.js';
import { type Endpoint, nodeEndpoint } from './channel.js';
import { isNode, nodeParentPort } from './spawn-node.js';

export interface Parent {
  readonly endpoint: Endpoint;
  /** Calls back when a message of the main thread cannot be read here. */
  onUnreadable(listener: () => void): void;
}

/** Throws 'unsupported' when this is no worker. */
export function connectParent(): Parent {
  // Bun and Deno have both; a Web Worker of theirs has no parent port.
  const parent = (isNode() ? nodeParent() : undefined) ?? webParent();
  if (parent) return parent;
  throw new SluiceError(
    'unsupported',
    'exposeObjective must be called in a worker: put it into a script of its own and name that ' +
      'script in study.optimize({ worker })',
  );
}

function nodeParent(): Parent | undefined {
  const port = nodeParentPort();
  if (!port) return undefined;
  return {
    endpoint: nodeEndpoint(port),
    onUnreadable: (listener) => void port.on('messageerror', listener),
  };
}

function webParent(): Parent | undefined {
  if (typeof document !== 'undefined' || typeof globalThis.postMessage !== 'function') {
    return undefined;
  }
  // Node ends a worker on a rejection that nobody handles. The same here: as an error it
  // reaches the page.
  globalThis.addEventListener('unhandledrejection', (event) => {
    throw (event as PromiseRejectionEvent).reason;
  });
  return {
    endpoint: globalThis,
    onUnreadable: (listener) => globalThis.addEventListener('messageerror', listener),
  };
}
