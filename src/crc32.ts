// The checksum of lines of a journal and of states: CRC-32 as gzip and PNG have it.

/** What a byte that leaves the register adds to it, for the reversed polynomial 0xedb88320. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? 0xedb88320 : 0);
  return register;
});

/**
 * Eight hexadecimal digits for these bytes, one part after the other. Any change of up to 32 bits in
 * a row shows, another one but for one in 4 billion.
 */
export function checksum(...parts: readonly Uint8Array[]): string {
  let register = -1;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      register = (register >>> 8) ^ TABLE[(register ^ part[i]) & 0xff];
    }
  }
  return (~register >>> 0).toString(16).padStart(8, '0');
}
