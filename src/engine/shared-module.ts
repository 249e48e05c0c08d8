// The kernels for a shared memory. A module says whether the memory that it imports is shared, and that is
// all in which the two would differ: so the bytes of the one are made from those of the other.

/** Pages that a shared memory may grow to; its module has to name them. All that 32 bits address. */
export const MOST_PAGES = 65536;

const IMPORT_SECTION = 2;
const MEMORY = 2;
/** Flags of a memory's limits: nothing; a maximum, and shared. */
const [PLAIN, SHARED] = [0, 3];

/** The same module, importing a shared memory of at most MOST_PAGES. */
export function withSharedMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at];
    const [size, begin] = readLeb(bytes, at + 1);
    if (id === IMPORT_SECTION) {
      const section = shareMemory(bytes.subarray(begin, begin + size));
      const head = [id, ...leb(section.length)];
      return joined(bytes.subarray(0, at), head, section, bytes.subarray(begin + size));
    }
    at = begin + size;
  }
  throw new Error('the kernels import nothing');
}

function shareMemory(section: Uint8Array): Uint8Array {
  // how many there are, then the two names of the first
  let [, at] = readLeb(section, 0);
  for (let name = 0; name < 2; name++) {
    const [length, begin] = readLeb(section, at);
    at = begin + length;
  }
  if (section[at] !== MEMORY || section[at + 1] !== PLAIN) {
    throw new Error('the kernels do not import a memory first');
  }
  const [, end] = readLeb(section, at + 2);
  const limits = [MEMORY, SHARED, ...section.subarray(at + 2, end), ...leb(MOST_PAGES)];
  return joined(section.subarray(0, at), limits, section.subarray(end));
}

function readLeb(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

function joined(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
