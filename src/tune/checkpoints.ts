/**
 * What trials hand out to go on from, should they be interrupted. The bytes stand in an artifact
 * store under two ids a trial, in turn: new ones never take the place of those that the journal
 * names. The journal names an id, a step and a checksum once the bytes are safe, and those of the one
 * before it: a trial goes on from the newest of the two whose bytes are what was saved.
 */
import { checksum } from '../crc32.js';
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
  /** Of its bytes; versions before 0.4 wrote none. */
  readonly crc?: string | undefined;
}

/** What an interrupted trial goes on from, and what the journal says of it. */
export interface Found {
  readonly checkpoint: Checkpoint;
  readonly entry: Entry;
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
    const wanted = new Set(pending.flatMap(entriesOf).map(({ artifact }) => artifact));
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

  /**
   * The newest that an interrupted trial has left and that is what was saved; undefined where there
   * is none, or all are gone.
   * @param onWarning told of bytes that are not what was saved
   */
  async find(
    earlier: FrozenTrial | undefined,
    onWarning: (message: string) => void,
  ): Promise<Found | undefined> {
    if (earlier === undefined) return undefined;
    const damaged: Entry[] = [];
    let found: Found | undefined;
    for (const entry of entriesOf(earlier)) {
      const bytes = await this.#read(entry.artifact);
      if (bytes === undefined) continue;
      if (entry.crc === undefined || entry.crc === checksum(bytes)) {
        found = { checkpoint: { step: entry.step, bytes }, entry };
        break;
      }
      damaged.push(entry);
    }
    const goesOn = found ? `after step ${found.entry.step}` : 'at its start';
    for (const { artifact, step } of damaged) {
      onWarning(
        `trial ${earlier.number} saved a checkpoint after step ${step}, but the bytes of '${artifact}' ` +
          `in the artifact store are not those that it saved; it is run again and goes on ${goesOn}`,
      );
    }
    return found;
  }

  async #read(artifact: string): Promise<Uint8Array | undefined> {
    const bytes: unknown = await this.#parts.store.read(artifact);
    if (bytes === undefined || isBytes(bytes)) return bytes;
    throw new SluiceError(
      'storage',
      `artifactStore: read('${artifact}') must give a Uint8Array or undefined, but gave ${shown(bytes)}`,
    );
  }

  /** The checkpoints of a trial that begins now. @param found what it goes on from */
  of(place: number, number: number, found: Found | undefined) {
    const ids = async () => {
      const prefix = await this.#prefix();
      return [0, 1].map((slot) => `${prefix}${place}-${slot}`);
    };
    return new TrialCheckpoints(this.#parts, ids, number, found);
  }
}

/** Those of one running trial. */
export class TrialCheckpoints {
  /** The last one that is safe. */
  latest: Checkpoint | undefined;
  readonly #parts: StudyParts;
  readonly #ids: () => Promise<readonly string[]>;
  readonly #number: number;
  /** What the journal names. */
  #named: Entry | undefined;
  #saved = false;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(
    parts: StudyParts,
    ids: () => Promise<readonly string[]>,
    number: number,
    found: Found | undefined,
  ) {
    this.#parts = parts;
    this.#ids = ids;
    this.#number = number;
    this.#named = found?.entry;
    this.latest = found?.checkpoint;
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
    const artifact = this.#named?.artifact === first ? second : first;
    const entry = { artifact, step, crc: checksum(bytes) };
    await store.write(artifact, bytes);
    this.#saved = true;
    if (this.#closed) return;
    const noted = this.#named ? { ...entry, previous: this.#named } : entry;
    await storage.setTrialSystemAttrs(study, this.#number, { [KEY]: noted });
    this.#named = entry;
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

/** Attributes of a trial with this checkpoint in place of its own. */
export function withCheckpoint(attrs: Readonly<Record<string, unknown>>, found: Found | undefined) {
  const { [KEY]: _gone, ...rest } = attrs;
  return found ? { ...rest, [KEY]: found.entry } : rest;
}

/** What the journal names, the newest first. */
function entriesOf({ systemAttrs }: FrozenTrial): Entry[] {
  const newest = systemAttrs[KEY] as { readonly previous?: unknown } | null | undefined;
  return [newest, newest?.previous].map(entryOf).filter((entry) => entry !== undefined);
}

/** Untrusted: a journal may come from anywhere. */
function entryOf(found: unknown): Entry | undefined {
  const { artifact, step, crc } = (found ?? {}) as Partial<Entry>;
  const fits = isArtifactId(artifact) && Number.isSafeInteger(step) && (step as number) >= 0;
  if (!fits || !(crc === undefined || typeof crc === 'string')) return undefined;
  const entry = { artifact, step: step as number };
  return crc === undefined ? entry : { ...entry, crc };
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
