import { SluiceError } from '../errors.js';
import { parseJson, quote } from './json.js';

/** Makes the refusal of a file. */
export type Fault = (message: string, cause?: unknown) => SluiceError;

/** @param subject what the file is */
const faultOf =
  (subject: string): Fault =>
  (message, cause) =>
    new SluiceError('bad-file', `${subject}: ${message}`, { cause });

/** What every refusal of a model file is made with. */
export const badFile = faultOf('model file');

/** What every refusal of a state is made with. */
export const badState = faultOf('state');

/** The JSON of one field of a file's metadata. @throws SluiceError 'bad-file' */
export function parseField(key: string, text: string, bad: Fault): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw bad(`the metadata ${quote(key)} is damaged: ${(cause as Error).message}`, cause);
  }
}
