/** What a file system refuses, by its code: what that means, and how to mend it. */

const TROUBLES: Readonly<Record<string, readonly [means: string, mend: string]>> = {
  ENOENT: ['no such file or folder', 'check the path'],
  EISDIR: ['is a folder, expected a file', 'give the path of a file'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'give a path through folders'],
  EEXIST: ['something else stands there already', 'choose another place'],
  EACCES: ['no permission', 'check who may access it'],
  EPERM: ['no permission', 'check who may access it'],
  EROFS: ['the disk is read-only', 'choose another place'],
  ENOSPC: ['the disk is full', 'make room on it, or choose a place on another'],
  EDQUOT: ['the disk quota is used up', 'free some of it, or choose a place on another disk'],
  EFBIG: ['the file is larger than the system allows', 'choose a place on another disk'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
  ELOOP: ['its links lead in a circle', 'give a path without them'],
  EMFILE: ['the program has too many files open', 'allow it more (ulimit -n)'],
};

/** What is wrong with a file, for people; of what is not known here, what the system says. */
export function fileTrouble(cause: unknown): string {
  const { code, message } = (cause ?? {}) as NodeJS.ErrnoException;
  const known = TROUBLES[code ?? ''];
  return known ? known.join('; ') : (message ?? String(cause));
}

/**
 * The same behind the system's own words, which programmers look for.
 * @param otherwise the mend where a path leads nowhere, or where the code is not known here
 */
export function fileTroubleWithCode(cause: unknown, otherwise: string): string {
  const { code = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const known = code === 'ENOENT' ? undefined : TROUBLES[code];
  return [reason, ...(known ?? [otherwise])].join('; ');
}
