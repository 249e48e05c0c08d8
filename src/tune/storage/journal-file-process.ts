/** Who wrote a lock, and whether he still lives. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** The machine, or the container: process ids mean something only within it. */
  readonly host: string;
  /** When the process started, in whatever the system counts: tells apart two processes with one pid. */
  readonly start: string;
}

let own: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, host: hostIdentity(), start: startOf(process.pid) ?? ownStart() };
  return own;
}

/** undefined for a text that is no identity. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { pid, host, start } = JSON.parse(text);
    const fits = Number.isSafeInteger(pid) && pid > 0 && [host, start].every(isString);
    return fits ? { pid, host, start } : undefined;
  } catch {
    return undefined;
  }
}

function isSame(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.host === b.host && a.start === b.start;
}

/** Whether a process of another machine cannot be judged from here. */
export function isForeign(identity: ProcessIdentity): boolean {
  return identity.host !== ownIdentity().host;
}

/** True where the process is known to be dead; false for one that cannot be judged. */
export function isDead(identity: ProcessIdentity): boolean {
  if (isForeign(identity)) return false;
  if (identity.pid === process.pid) return !isSame(identity, ownIdentity());
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  const start = startOf(identity.pid);
  return start !== undefined && start !== identity.start;
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function hostIdentity(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Linux: clock ticks between boot and the start of the process. A zombie counts as dead. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'dead' : `tick ${fields[19]}`;
  } catch {
    return undefined;
  }
}

function ownStart(): string {
  return `time ${Math.round((Date.now() - process.uptime() * 1000) / 1000)}`;
}
