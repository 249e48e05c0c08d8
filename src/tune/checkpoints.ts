/**
 * What trials hand out to go on from, should they be interrupted. The bytes stand in an artifact
 * store under two ids a trial, in turn: new ones never take the place of those that the journal
 * names. The journal names an id and a step once the bytes are safe.
 */
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import { type ArtifactStore, isArtifactId, isBytes } from './artifacts/artifact-store.js';
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
/**
 * That of a study which tells its artifacts from those of all others, of the same name too: drawn when
 * the first trial saves, for it decides no result.
 */
const OWNER = 'artifact_owner';
const OWNER_FORM = /^[0-9a-f]{16}$/;

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
  #drawn: Promise<string> | undefined;

  constructor(parts: StudyParts) {
    this.#parts = parts;
  }

  /** Removes what nobody will ask for: only while nobody else runs the study. */
  async tidy(pending: readonly FrozenTrial[]): Promise<void> {
    const { store } = this.#parts;
    const owner = this.#owner;
    if (owner === undefined) return;
    const prefix = prefixOf(this.#parts, owner);
    const wanted = new Set(pending.map((trial) => entryOf(trial)?.artifact));
    for (const id of await store.list()) {
      if (id.startsWith(prefix) && !wanted.has(id)) await store.remove(id);
    }
  }

  /** As the storage has it; untrusted. */
  get #owner(): string | undefined {
    const { storage, name } = this.#parts;
    const owner = storage.study(name)?.systemAttrs[OWNER];
    return typeof owner === 'string' && OWNER_FORM.test(owner) ? owner : undefined;
  }

  /** What all ids of this study begin with. */
  readonly #prefix = async (): Promise<string> => {
    this.#drawn ??= this.#draw();
    return prefixOf(this.#parts, await this.#drawn);
  };

  async #draw(): Promise<string> {
    const known = this.#owner;
    if (known !== undefined) return known;
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    const owner = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    const { storage, study } = this.#parts;
    await storage.setStudySystemAttrs(study, { [OWNER]: owner });
    return owner;
  }

  /** What an interrupted trial has left; undefined where there is nothing, or it is gone. */
  async find(earlier: FrozenTrial | undefined): Promise<Checkpoint | undefined> {
    const entry = earlier && entryOf(earlier);
    if (!entry) return undefined;
    const bytes: unknown = await this.#parts.store.read(entry.artifact);
    if (bytes === undefined) return undefined;
    if (isBytes(bytes)) return { step: entry.step, bytes };
    throw new SluiceError(
      'storage',
      `artifactStore: read('${entry.artifact}') must give a Uint8Array or undefined, but gave ${shown(bytes)}`,
    );
  }

  /** The checkpoints of a trial that begins now. @param earlier the one that it runs again */
  of(place: number, number: number, found: Checkpoint | undefined, earlier?: FrozenTrial) {
    const entry = found && earlier && entryOf(earlier);
    const ids = async () => {
      const prefix = await this.#prefix();
      return [0, 1].map((slot) => `${prefix}${place}-${slot}`);
    };
    return new TrialCheckpoints(this.#parts, ids, number, entry?.artifact, found);
  }
}

/** Those of one running trial. */
export class TrialCheckpoints {
  /** The last one that is safe. */
  latest: Checkpoint | undefined;
  readonly #parts: StudyParts;
  readonly #ids: () => Promise<readonly string[]>;
  readonly #number: number;
  /** The id that the journal names. */
  #named: string | undefined;
  #saved = false;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(
    parts: StudyParts,
    ids: () => Promise<readonly string[]>,
    number: number,
    named: string | undefined,
    found: Checkpoint | undefined,
  ) {
    this.#parts = parts;
    this.#ids = ids;
    this.#number = number;
    this.#named = named;
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
    const [first, second] = await this.#ids();
    const artifact = this.#named === first ? second : first;
    await store.write(artifact, bytes);
    this.#saved = true;
    if (this.#closed) return;
    await storage.setTrialSystemAttrs(study, this.#number, { [KEY]: { artifact, step } });
    this.#named = artifact;
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
    if (this.#saved) for (const id of await this.#ids()) await this.#parts.store.remove(id);
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
  const fits = isArtifactId(artifact) && Number.isSafeInteger(step) && (step as number) >= 0;
  return fits ? { artifact, step: step as number } : undefined;
}

const prefixOf = ({ name }: StudyParts, owner: string): string => `${slug(name)}-${owner}-`;

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
