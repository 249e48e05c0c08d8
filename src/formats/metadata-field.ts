import { SluiceError } from '../errors.js';
import { parseJson, quote } from './json.js';

/** The JSON of one field of a model file's metadata. @throws SluiceError 'bad-file' */
export function parseField(key: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw bad(`the metadata ${quote(key)} is damaged: ${(cause as Error).message}`, cause);
  }
}

/** What every refusal of a model file is made with. */
export function bad(message: string, cause?: unknown): SluiceError {
  return new SluiceError('bad-file', `model file: ${message}`, { cause });
}
