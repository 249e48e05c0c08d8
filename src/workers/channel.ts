/**
 * One shape for both kinds of worker. Everything above this file neither knows nor asks
 * whether it talks to a Web Worker or to a worker_threads Worker.
 */

/** Comlink's Endpoint, spelt out: the package's types must not need comlink, nor the DOM's. */
export interface Endpoint {
  // biome-ignore lint/suspicious/noExplicitAny: whatever structured clone takes
  postMessage(message: any, transfer?: any): void;
  addEventListener(type: string, listener: EndpointListener): void;
  removeEventListener(type: string, listener: EndpointListener): void;
}

// biome-ignore lint/suspicious/noExplicitAny: an event of the DOM, or of our own making
type EndpointListener = any;

/** The part of a DOM Worker that is used here. */
export interface WebWorkerLike extends Endpoint {
  terminate(): void;
}

/** The part of a worker_threads Worker that is used here. */
export interface NodeWorkerLike extends NodePortLike {
  terminate(): Promise<unknown>;
}

/** The part of a worker_threads Worker or MessagePort that carries messages. */
export interface NodePortLike {
  // biome-ignore lint/suspicious/noExplicitAny: Node types both the message and the transfer list its own way
  postMessage(message: any, transfer?: any): void;
  // biome-ignore lint/suspicious/noExplicitAny: the arguments depend on the event
  on(event: string, listener: (...args: any[]) => void): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: the arguments depend on the event
  off(event: string, listener: (...args: any[]) => void): unknown;
}

/** A running worker as the pool sees it. */
export interface Channel {
  readonly endpoint: Endpoint;
  /** Calls back for each message that arrives, whatever it says. */
  onMessage(listener: () => void): void;
  /**
   * Calls back, perhaps more than once, when the worker has died or can no longer be trusted,
   * with what it did, as the end of a sentence: "exited with code 1".
   */
  onDeath(listener: (what: string) => void): void;
  terminate(): Promise<void>;
}

export function isNodeWorker(worker: unknown): worker is NodeWorkerLike {
  return hasMethods(worker, ['on', 'off', 'postMessage', 'terminate']);
}

export function isWebWorker(worker: unknown): worker is WebWorkerLike {
  return hasMethods(worker, [
    'addEventListener',
    'removeEventListener',
    'postMessage',
    'terminate',
  ]);
}

function hasMethods(value: unknown, names: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** Comlink speaks in DOM events, Node's workers and ports in EventEmitter's. */
export function nodeEndpoint(port: NodePortLike): Endpoint {
  const wrapped = new Map<EndpointListener, (data: unknown) => void>();
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    addEventListener(type, listener) {
      const call = (data: unknown) => {
        if (typeof listener === 'function') listener({ data });
        else listener.handleEvent({ data });
      };
      wrapped.set(listener, call);
      port.on(type, call);
    },
    removeEventListener(type, listener) {
      const call = wrapped.get(listener);
      if (call) port.off(type, call);
      wrapped.delete(listener);
    },
  };
}
