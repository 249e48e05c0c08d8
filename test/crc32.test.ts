// Our CRC-32 is everybody's.
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checksum } from '../src/crc32.js';

describe('the checksum', () => {
  it('is the CRC-32 of the bytes, one part after the other', () => {
    expect(checksum(new TextEncoder().encode('123456789'))).toBe('cbf43926');
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * i * 7) >> 3);
    for (const at of [0, 1, 500, 1000]) {
      const expected = crc32(bytes).toString(16).padStart(8, '0');
      expect(checksum(bytes.subarray(0, at), bytes.subarray(at))).toBe(expected);
    }
    expect(checksum()).toBe('00000000');
  });
});
