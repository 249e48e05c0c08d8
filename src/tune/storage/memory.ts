import { SluiceError } from '../../errors.js';
import { type JournalBackend, JournalStorage, OWN_PREFIX } from './journal.js';
import type { JournalOp } from './journal-op.js';
import type { Storage } from './storage.js';

/** Studies that live as long as the storage object does. Several studies may share one. */
export function memoryStorage(): Storage {
  return new JournalStorage(new MemoryBackend());
}

/** Keeps nothing: the replayed state is all there is. */
class MemoryBackend implements JournalBackend {
  readonly subject = 'the memory storage';
  readonly workerId = `${OWN_PREFIX}memory`;
  readonly #claimed = new Set<string>();

  async transact(
    read: (op: JournalOp, where: string) => void,
    prepare: () => readonly JournalOp[],
  ): Promise<void> {
    for (const op of prepare()) read(op, 'a new operation');
  }

  async claim(study: string): Promise<() => Promise<void>> {
    if (this.#claimed.has(study)) {
      throw new SluiceError(
        'storage',
        `study '${study}' is being optimized already; wait for that call of optimize() to end`,
      );
    }
    this.#claimed.add(study);
    return async () => {
      this.#claimed.delete(study);
    };
  }
}
