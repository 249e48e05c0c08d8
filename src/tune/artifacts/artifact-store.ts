import { SluiceError } from '../../errors.js';
import { shown } from '../../options.js';

/** No path, no hidden file, no name of a file being written, and short enough for every file system. */
const ID = /^[A-Za-z0-9~][A-Za-z0-9._~-]{0,199}$/;

/** Whether a store takes something under that id. */
export const isArtifactId = (id: unknown): id is string =>
  typeof id === 'string' && ID.test(id) && !id.endsWith('.tmp');

/** @throws SluiceError 'bad-option' */
export function checkArtifactId(id: unknown): void {
  if (isArtifactId(id)) return;
  throw new SluiceError(
    'bad-option',
    `${shown(id)} is no id of an artifact: 1 to 200 letters, digits, '-', '_', '.' and '~', with a ` +
      "letter, a digit or '~' first and no '.tmp' at the end",
  );
}

/** By its tag: one of another realm (a frame, a vm context) is no instance of ours. */
export const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';

/** @throws SluiceError 'bad-option' */
export function checkArtifact(id: unknown, bytes: unknown): void {
  checkArtifactId(id);
  if (isBytes(bytes)) return;
  throw new SluiceError(
    'bad-option',
    `artifact ${shown(id)} must be a Uint8Array, but got ${shown(bytes)}`,
  );
}

/** Where bytes are kept that belong to a study and are too large for its journal. */
export interface ArtifactStore {
  /**
   * Keeps bytes under that id, in place of what stood there: at every moment either all of the
   * old ones or all of the new ones, safe once it resolves.
   * @param id 1 to 200 letters, digits, '-', '_', '.' and '~'; the first a letter, a digit or '~',
   *   and no '.tmp' at the end
   */
  write(id: string, bytes: Uint8Array): Promise<void>;
  /** The bytes under that id; undefined where there are none. */
  read(id: string): Promise<Uint8Array | undefined>;
  /** Removes them, where they are there. */
  remove(id: string): Promise<void>;
  /** The ids of all that it keeps. */
  list(): Promise<readonly string[]>;
}

/**
 * Artifacts that live as long as the store object does. Several studies may share one, of whatever names.
 * Rejects with SluiceError 'bad-option' for an id or bytes that are none.
 */
export function memoryArtifactStore(): ArtifactStore {
  const kept = new Map<string, Uint8Array>();
  return Object.freeze({
    async write(id: string, bytes: Uint8Array) {
      checkArtifact(id, bytes);
      kept.set(id, bytes.slice());
    },
    async read(id: string) {
      checkArtifactId(id);
      return kept.get(id)?.slice();
    },
    async remove(id: string) {
      checkArtifactId(id);
      kept.delete(id);
    },
    list: async () => [...kept.keys()],
  });
}
