/**
 * A file with the number of the process that is inside the lock; one left by a dead process counts
 * for nothing.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is done inside. @returns 'alone', or who was there too */
export async function witness(lock: string): Promise<string> {
  const path = `${lock}.inside`;
  const other = inside(path);
  if (other && lives(other)) return `together with ${other}`;
  writeFileSync(path, String(process.pid));
  await sleep(1);
  const now = inside(path);
  if (now !== process.pid) return `${now} came in`;
  rmSync(path);
  return 'alone';
}

function inside(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** One that is dead and not yet taken note of by its parent holds nothing any more. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).path !== undefined && process.platform !== 'linux';
  }
}
