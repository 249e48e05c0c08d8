/** Workers of worker_threads. This file is part of the entry for browsers too: no import of a builtin. */
import { SluiceError } from '../errors.js';
import { nodeBuiltin, nodeProcess } from '../runtime.js';
import { type Channel, type NodePortLike, type NodeWorkerLike, nodeEndpoint } from './channel.js';

function builtin<Name extends Parameters<typeof nodeBuiltin>[0]>(name: Name) {
  const found = nodeBuiltin(name);
  if (!found) {
    const version = nodeProcess()?.versions?.node ?? 'unknown';
    throw new SluiceError(
      'unsupported',
      `workers: ${name} cannot be reached in this runtime (Node ${version}); Node >= 20.19 is needed`,
    );
  }
  return found;
}

/** True in Node, Bun and Deno; false in a page or a Web Worker, even where a bundler fakes `process`. */
export function isNode(): boolean {
  const process = nodeProcess();
  return (
    typeof process?.versions?.node === 'string' &&
    typeof process.getBuiltinModule === 'function' &&
    typeof document === 'undefined'
  );
}

export function nodeCores(): number {
  return builtin('node:os').availableParallelism();
}

/** The port to the parent, or undefined in the main thread. */
export function nodeParentPort(): NodePortLike | undefined {
  return builtin('node:worker_threads').parentPort ?? undefined;
}

/**
 * Starts workers from a script. A relative path counts from the current directory.
 * Throws 'bad-option' if the script is no file, before anything is started.
 */
export function nodeSpawner(script: URL | string): () => NodeWorkerLike {
  const target = resolveScript(script);
  if (target.protocol === 'file:') {
    const file = builtin('node:url').fileURLToPath(target);
    if (!builtin('node:fs').statSync(file, { throwIfNoEntry: false })?.isFile()) {
      throw new SluiceError(
        'bad-option',
        `worker: there is no file ${file}; a path counts from the current directory, ` +
          "new URL('./objective.worker.js', import.meta.url) from the module",
      );
    }
  }
  const { Worker } = builtin('node:worker_threads');
  return () => new Worker(target);
}

function resolveScript(script: URL | string): URL {
  if (script instanceof URL) return script;
  if (/^(file|data):/.test(script)) return new URL(script);
  return builtin('node:url').pathToFileURL(builtin('node:path').resolve(script));
}

export function nodeChannel(worker: NodeWorkerLike): Channel {
  return {
    endpoint: nodeEndpoint(worker),
    onMessage: (listener) => void worker.on('message', listener),
    onDeath(listener) {
      worker.on('error', (error: unknown) => listener(describeError(error)));
      worker.on('messageerror', () => listener('sent a message that cannot be read'));
      worker.on('exit', (code: number) =>
        listener(
          `exited with code ${code} (it came to its end, called process.exit or was terminated)`,
        ),
      );
    },
    terminate: async () => void (await worker.terminate()),
  };
}

function describeError(error: unknown): string {
  const { code, name, message } = (error ?? {}) as {
    code?: string;
    name?: string;
    message?: string;
  };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return `ran out of memory (${message})`;
  return `failed with ${message ? `${name ?? 'Error'}: ${message}` : String(error)}`;
}
