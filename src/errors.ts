import { printable } from './printable.js';

/** What went wrong, for programs; the message is for people. */
export type SluiceErrorCode =
  | 'bad-option'
  | 'bad-shape'
  | 'bad-data'
  | 'bad-file'
  | 'memory-limit'
  | 'unsupported'
  | 'not-finite'
  | 'aborted'
  | 'disposed'
  | 'worker-died'
  | 'study-mismatch'
  | 'storage'
  | 'objective';

/**
 * Every error that sluice raises on purpose. The message names the subject, what was
 * expected, what was found and the mend, in one line: control characters of foreign names are
 * shown escaped. `code` is stable and meant for `switch`.
 */
export class SluiceError extends Error {
  /** 'SluiceError', also where a bundler has renamed the class. */
  override readonly name: string = 'SluiceError';
  /** The kind of error; the same from version to version. */
  readonly code: SluiceErrorCode;

  constructor(code: SluiceErrorCode, message: string, options?: ErrorOptions) {
    super(printable(message), options);
    this.code = code;
  }
}
