/** Seeded damage to bytes, for fuzzing readers of untrusted files. */

/** xorshift32: reproducible, and independent of the generator under test elsewhere. */
export function seededIntegers(seed: number): (limit: number) => number {
  let state = seed >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** One of: flipped bits, overwritten digits, removed, repeated or exchanged runs of bytes. */
export function mutate(bytes: Uint8Array, next: (limit: number) => number): Uint8Array {
  let result = bytes.slice();
  for (let edits = 1 + next(3); edits > 0; edits--) {
    if (result.length === 0) return result;
    result = mutateOnce(result, next);
  }
  return result;
}

const INTERESTING = [...'"{}[]:,-0919e.nutf\\ '].map((c) => c.charCodeAt(0));

function mutateOnce(
  bytes: Uint8Array<ArrayBuffer>,
  next: (limit: number) => number,
): Uint8Array<ArrayBuffer> {
  const at = next(bytes.length);
  const length = Math.min(1 + next(8), bytes.length - at);
  switch (next(6)) {
    case 0:
      bytes[at] ^= 1 << next(8);
      return bytes;
    case 1:
      bytes[at] = INTERESTING[next(INTERESTING.length)];
      return bytes;
    case 2:
      bytes[at] = next(256);
      return bytes;
    case 3:
      return join(bytes.subarray(0, at), bytes.subarray(at + length));
    case 4:
      return join(bytes.subarray(0, at + length), bytes.subarray(at));
    default:
      bytes.copyWithin(next(bytes.length), at, at + length);
      return bytes;
  }
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
