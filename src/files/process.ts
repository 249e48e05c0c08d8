/** Who wrote a lock, and whether he still lives. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** The running system and, in it, the container: process ids mean something only within it. */
  readonly host: string;
  /** When the process started, in whatever the system counts: tells apart two processes with one pid. */
  readonly start: string;
}

/** 'unknown' for a process of another machine, or of this one before it was started again. */
export type Fate = 'alive' | 'dead' | 'unknown';

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

export function isOwn(identity: ProcessIdentity): boolean {
  const { pid, host, start } = ownIdentity();
  return identity.pid === pid && identity.host === host && identity.start === start;
}

export function fateOf(identity: ProcessIdentity): Fate {
  const { host, pid } = ownIdentity();
  if (identity.host !== host) return 'unknown';
  if (identity.pid === pid) return isOwn(identity) ? 'alive' : 'dead';
  return lives(identity.pid, (start) => start === identity.start) ? 'alive' : 'dead';
}

/** As error messages name it: never by the number of the very process that reads them. */
export function describeProcess(identity: ProcessIdentity): string {
  if (isOwn(identity)) return 'another study of this same process';
  return `pid ${identity.pid} on ${identity.host.split(' ')[0]}`;
}

/** Names this process in file names: digests of system and start around the pid. */
export function ownMark(): string {
  const { host, pid, start } = ownIdentity();
  return `${digest(host)}-${pid}-${digest(start)}`;
}

/** True for the mark of a process that is known to be dead. */
export function isDeadMark(mark: string): boolean {
  const [host, pid, start] = mark.split('-');
  if (host !== digest(ownIdentity().host) || mark === ownMark()) return false;
  return !lives(Number(pid), (found) => digest(found) === start);
}

/** True for an identity as version 0.1 wrote it, of a process known to be dead. */
export function isDeadOldIdentity({ pid, host, start }: ProcessIdentity): boolean {
  const [name, , namespace] = ownIdentity().host.split(' ');
  return host === `${name} ${namespace}` && !lives(pid, (found) => found.endsWith(start));
}

function lives(pid: number, startedThen: (start: string) => boolean): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const start = startOf(pid);
  return start === undefined || startedThen(start);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

/** Two machines may have one name; no two have started under one boot id. */
function hostIdentity(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
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
