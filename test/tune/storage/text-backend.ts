import type { JournalBackend } from '../../../src/tune/storage/journal.js';
import { decodeJson, encodeOp } from '../../../src/tune/storage/journal-codec.js';
import type { JournalOp } from '../../../src/tune/storage/journal-op.js';

/** A journal in a string. */
export class TextBackend implements JournalBackend {
  readonly subject = 'the text';
  readonly workerId = 'sluice-text';
  text: string;
  #read = 0;

  constructor(text: string) {
    this.text = text;
  }

  async transact(...[read, prepare]: Parameters<JournalBackend['transact']>): Promise<void> {
    const lines = this.text.slice(this.#read).split('\n').slice(0, -1);
    for (const line of lines) read(decodeJson(line) as JournalOp, 'a line');
    const ops = prepare();
    this.text += ops.map((op) => `${encodeOp(op)}\n`).join('');
    for (const op of ops) read(op, 'a new line');
    this.#read = this.text.length;
  }

  async claim(): Promise<() => Promise<void>> {
    return async () => {};
  }
}
