import { mkdir, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../errors.js';
import { fileTrouble } from '../../files/trouble.js';
import { removeLeftovers, writeWhole } from '../../files/whole-file.js';
import { shown } from '../../options.js';
import {
  type ArtifactStore,
  checkArtifact,
  checkArtifactId,
  isArtifactId,
} from './artifact-store.js';

/**
 * Artifacts as files of a folder, one each under its id, written whole. The folder is made when
 * something is written; several studies may share it, of whatever names. As FileSystemArtifactStore of Optuna.
 * @throws SluiceError 'bad-option' for what is no path; 'storage', later on, for what the disk says.
 */
export function fileSystemArtifactStore(folder: string): ArtifactStore {
  if (typeof folder !== 'string' || folder === '') {
    throw new SluiceError(
      'bad-option',
      `fileSystemArtifactStore expects the path of a folder, but got ${shown(folder)}`,
    );
  }
  const place = (id: string): string => {
    checkArtifactId(id);
    return join(folder, id);
  };
  const trouble = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SluiceError) throw error;
      throw new SluiceError('storage', `${folder}: ${fileTrouble(error)}`, { cause: error });
    }
  };
  let tidy = false;
  return Object.freeze({
    write: (id: string, bytes: Uint8Array) =>
      trouble(async () => {
        checkArtifact(id, bytes);
        const path = place(id);
        await mkdir(folder, { recursive: true });
        if (!tidy) await removeLeftovers(folder, isArtifactId);
        tidy = true;
        await writeWhole(path, bytes);
      }),
    read: (id: string) =>
      trouble(async () => {
        const bytes = await readFile(place(id)).catch(unlessMissing);
        return bytes && new Uint8Array(bytes);
      }),
    remove: (id: string) =>
      trouble(async () => {
        await unlink(place(id)).catch(unlessMissing);
      }),
    list: () =>
      trouble(async () => {
        const names = (await readdir(folder).catch(unlessMissing)) ?? [];
        return names.filter(isArtifactId);
      }),
  });
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
