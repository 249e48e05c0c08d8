/**
 * What trials hand out to go on from, should they be interrupted. The bytes stand in an artifact
 * store under two ids a trial, in turn: new ones never take the place of those that the journal
 * names. The journal names an id and a step once the bytes are safe.
 */
import type { ArtifactStore } from './artifacts/artifact-store.js';
import type { Checkpoint } from './checkpoint.js';
import type { Storage } from './storage/storage.js';
import type { FrozenTrial } from './trial.js';

/** What the journal says of one. */
interface Entry {
  readonly artifact: string;
  readonly step: number;
}

/** The system attribute of a trial under which the journal has it. */
const KEY = 'checkpoint';

interface StudyParts {
  readonly store: ArtifactStore;
  readonly storage: Storage;
  /** Id of the study. */
  readonly study: number;
  readonly name: string;
}

/** The checkpoints of a study. */
export class Checkpoints {
  readonly #parts: StudyParts;
  readonly #prefix: string;

  constructor(parts: StudyParts) {
    this.#parts = parts;
    this.#prefix = `${slug(parts.name)}-`;
  }

  /** Removes what nobody will ask for: only while nobody else runs the study. */
  async tidy(pending: readonly FrozenTrial[]): Promise<void> {
    const { store } = this.#parts;
    const wanted = new Set(pending.map((trial) => entryOf(trial)?.artifact));
    for (const id of await store.list()) {
      if (this.#isOurs(id) && !wanted.has(id)) await store.remove(id);
    }
  }

  /** An id of another study may begin alike: ours end in two numbers. */
  #isOurs(id: string): boolean {
    return id.startsWith(this.#prefix) && /^\d+-[01]$/.test(id.slice(this.#prefix.length));
  }

  /** What an interrupted trial has left; undefined where there is nothing, or it is gone. */
  async find(earlier: FrozenTrial | undefined): Promise<Checkpoint | undefined> {
    const entry = earlier && entryOf(earlier);
    if (!entry) return undefined;
    const bytes = await this.#parts.store.read(entry.artifact);
    return bytes && { step: entry.step, bytes };
  }

  /** The checkpoints of a trial that begins now. @param earlier the one that it runs again */
  of(place: number, number: number, found: Checkpoint | undefined, earlier?: FrozenTrial) {
    const ids = [0, 1].map((slot) => `${this.#prefix}${place}-${slot}`);
    const named = found && earlier ? ids.indexOf(entryOf(earlier)?.artifact ?? '') : -1;
    return new TrialCheckpoints(this.#parts, ids, number, named, found);
  }
}

/** Those of one running trial. */
export class TrialCheckpoints {
  /** The last one that is safe. */
  latest: Checkpoint | undefined;
  readonly #parts: StudyParts;
  readonly #ids: readonly string[];
  readonly #number: number;
  #slot: number;
  #saved = false;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(
    parts: StudyParts,
    ids: readonly string[],
    number: number,
    slot: number,
    found: Checkpoint | undefined,
  ) {
    this.#parts = parts;
    this.#ids = ids;
    this.#number = number;
    this.#slot = slot;
    this.latest = found;
    this.#saved = found !== undefined;
  }

  /** One after the other; resolves when it is safe. What comes after `close` is passed over. */
  save(bytes: Uint8Array, step: number): Promise<void> {
    const copy = bytes.slice();
    const saving = this.#queue.then(() => this.#save(copy, step));
    this.#queue = saving.catch(() => undefined);
    return saving;
  }

  async #save(bytes: Uint8Array, step: number): Promise<void> {
    if (this.#closed) return;
    const { store, storage, study } = this.#parts;
    const slot = this.#slot === 0 ? 1 : 0;
    const artifact = this.#ids[slot];
    await store.write(artifact, bytes);
    this.#saved = true;
    if (this.#closed) return;
    await storage.setTrialSystemAttrs(study, this.#number, { [KEY]: { artifact, step } });
    this.#slot = slot;
    this.latest = { step, bytes };
  }

  /** Waits for what is on its way, and takes no more: before the trial ends. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
  }

  /** What the end of a settled trial records: that there is none any more. */
  get endAttrs(): Readonly<Record<string, unknown>> {
    return this.latest ? { [KEY]: null } : {};
  }

  /** After the end of a settled trial. */
  async remove(): Promise<void> {
    if (this.#saved) for (const id of this.#ids) await this.#parts.store.remove(id);
  }
}

/** Attributes of a trial without its checkpoint. */
export function withoutCheckpoint(attrs: Readonly<Record<string, unknown>>) {
  const { [KEY]: _gone, ...rest } = attrs;
  return rest;
}

/** Untrusted: a journal may come from anywhere. */
function entryOf({ systemAttrs }: FrozenTrial): Entry | undefined {
  const { artifact, step } = (systemAttrs[KEY] ?? {}) as Partial<Entry>;
  const fits = typeof artifact === 'string' && Number.isSafeInteger(step) && (step as number) >= 0;
  return fits ? { artifact, step: step as number } : undefined;
}

/** A name as ids may hold it: itself, or a hash of it. */
function slug(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.]{0,79}$/.test(name)) return name;
  let h1 = 0x811c9dc5;
  let h2 = 0x1b873593;
  for (let i = 0; i < name.length; i++) {
    h1 = Math.imul(h1 ^ name.charCodeAt(i), 0x01000193);
    h2 = Math.imul(h2 ^ name.charCodeAt(i), 0x85ebca6b) ^ (h2 >>> 15);
  }
  const hex = (h: number) => (h >>> 0).toString(16).padStart(8, '0');
  return `~${hex(h1)}${hex(h2)}`;
}
