/** Model files on disk. The format itself is in formats/; this is all that needs `node:fs`. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SluiceError } from './errors.js';
import { fileTroubleWithCode } from './files/trouble.js';
import { writeWhole } from './files/whole-file.js';
import { TELLING_BYTES } from './formats/foreign.js';
import {
  checkLoadOptions,
  type LoadedModel,
  type LoadOptions,
  modelBytes,
  type SaveOptions,
} from './formats/model-file.js';
import { fillWeights, openModel } from './formats/open-model.js';
import { headerEnd } from './formats/safetensors-header.js';
import type { Model } from './model/model.js';
import type { Tensor } from './model/tensor.js';
import { shown } from './options.js';

/**
 * Writes the model to `path` as safetensors: beside it first, flushed, then renamed over it,
 * so that at no moment, power loss included, a half-written file stands there.
 * @param options what goes into the file, as for `toBytes`: with `{ includeOptimizer: false }`
 *   the weights alone, without what training needs to go on.
 * @throws SluiceError 'storage' that names the path where the file cannot be written, else as
 *   `toBytes`.
 */
export async function saveModel(
  model: Model,
  path: string | URL,
  options: SaveOptions = {},
): Promise<void> {
  const target = asPath('saveModel', path);
  const bytes = modelBytes('saveModel', model, options);
  try {
    await writeWhole(target, bytes);
  } catch (cause) {
    throw fileError(
      `model not saved to ${target}`,
      'choose a folder that exists and is writable',
      cause,
    );
  }
}

/**
 * Loads a model that `saveModel` wrote: compiled, with its optimizer, if that one was, and with
 * what was saved beside it in `model.preprocessing`. A foreign or damaged file is refused after
 * its header, before the rest is read.
 * @throws SluiceError 'storage' where the file cannot be read, 'bad-file' for its content;
 *   both name the path.
 */
export async function loadModel<Preprocessing = unknown, Out extends Tensor | Tensor[] = Tensor>(
  path: string | URL,
  options: LoadOptions = {},
): Promise<LoadedModel<Preprocessing, Out>> {
  const settled = checkLoadOptions('loadModel', options);
  const source = asPath('loadModel', path);
  let file: FileHandle | undefined;
  try {
    // Asked before opening, for to open a pipe is to wait for its writer.
    const facts = await stat(source);
    if (!facts.isFile()) throw new SluiceError('bad-file', 'it is not a file');
    file = await open(source, 'r');
    return (await readModel(file, facts.size, settled)) as LoadedModel<Preprocessing, Out>;
  } catch (error) {
    if (error instanceof SluiceError) {
      throw new SluiceError(error.code, `${source}: ${error.message}`, { cause: error });
    }
    throw fileError(`model not loaded from ${source}`, 'check the path', error);
  } finally {
    await file?.close();
  }
}

async function readModel(file: FileHandle, size: number, options: LoadOptions): Promise<Model> {
  const start = await readStart(file, Math.min(TELLING_BYTES, size));
  const head = await readStart(file, headerEnd(start, size));
  const opened = openModel(head, size, options);
  try {
    return fillWeights(opened, await readStart(file, size));
  } catch (error) {
    opened.model.dispose();
    throw error;
  }
}

/** The first `length` bytes. */
async function readStart(file: FileHandle, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, filled);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    filled += bytesRead;
  }
  return bytes;
}

function fileError(subject: string, mend: string, cause: unknown): SluiceError {
  return new SluiceError('storage', `${subject}: ${fileTroubleWithCode(cause, mend)}`, { cause });
}

function asPath(subject: string, path: string | URL): string {
  if (typeof path === 'string' && path !== '') return path;
  if (path instanceof URL && path.protocol === 'file:') {
    try {
      return fileURLToPath(path);
    } catch (cause) {
      throw pathError(subject, path, cause);
    }
  }
  throw pathError(subject, path);
}

function pathError(subject: string, path: unknown, cause?: unknown): SluiceError {
  const reason = cause instanceof Error ? ` (${cause.message})` : '';
  return new SluiceError(
    'bad-option',
    `${subject} expects a path or a file: URL, but got ` +
      `${shown(path instanceof URL ? path.href : path)}${reason}`,
    { cause },
  );
}
