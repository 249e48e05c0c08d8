/** 256-bit vectors for a command that trains: on where they stand their test, unless --no-wide. */
import { chooseWideVectors } from '../engine/wide.js';
import { useWideVectors } from '../node-wide.js';
import type { Arguments } from './options.js';

export interface Wide {
  readonly wide: boolean;
  /** What the user should know: that this Node has them, but they failed. */
  readonly note?: string;
}

/** To be called before anything compiles; the test runs beside what the caller does meanwhile. */
export async function decideWide(args: Arguments): Promise<Wide> {
  if (args.flag('no-wide')) {
    chooseWideVectors(false);
    return { wide: false };
  }
  const found = await useWideVectors();
  if (found.wide || !found.failed) return { wide: found.wide };
  return { wide: false, note: `computing in 128-bit vectors: ${found.reason}` };
}
