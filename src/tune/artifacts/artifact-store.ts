/** Where bytes are kept that belong to a study and are too large for its journal. */
export interface ArtifactStore {
  /**
   * Keeps bytes under that id, in place of what stood there: at every moment either all of the
   * old ones or all of the new ones, safe once it resolves.
   * @param id letters, digits, '-', '_', '.' and '~'; at most 200 of them
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
 * Artifacts that live as long as the store object does. Several studies may share one, if their names
 * differ.
 */
export function memoryArtifactStore(): ArtifactStore {
  const kept = new Map<string, Uint8Array>();
  return Object.freeze({
    async write(id: string, bytes: Uint8Array) {
      kept.set(id, bytes.slice());
    },
    read: async (id: string) => kept.get(id)?.slice(),
    async remove(id: string) {
      kept.delete(id);
    },
    list: async () => [...kept.keys()],
  });
}
