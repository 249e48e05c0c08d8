/**
 * The checksum of a safetensors file within it, so that a flipped bit of a weight is not taken for another
 * weight: its metadata `crc32`, the first of all, over the file with zeros in that place.
 */
import { checksum } from '../crc32.js';
import { quote } from './json.js';
import { LENGTH_BYTES, METADATA } from './safetensors-header.js';

/** The metadata that a file to be sealed is written with. */
export const UNSEALED: readonly [key: string, text: string] = ['crc32', '00000000'];

const encoder = new TextEncoder();
const [key, zeros] = UNSEALED;
const PLACE = LENGTH_BYTES + encoder.encode(`{"${METADATA}":{"${key}":"`).length;
const END = PLACE + zeros.length;

const checksumOf = (bytes: Uint8Array): string =>
  checksum(bytes.subarray(0, PLACE), encoder.encode(zeros), bytes.subarray(END));

/** Puts the checksum in its place. @param bytes a file whose first metadata is UNSEALED */
export function seal(bytes: Uint8Array): Uint8Array {
  bytes.set(encoder.encode(checksumOf(bytes)), PLACE);
  return bytes;
}

/** What is wrong with a file that ought to be sealed; undefined: nothing. @param text its `crc32` */
export function sealFault(bytes: Uint8Array, text: string | undefined): string | undefined {
  if (text === undefined)
    return `it holds no checksum (metadata "${key}"), so nobody knows whether it is whole`;
  const found = checksumOf(bytes);
  if (found === text) return undefined;
  return `its checksum is ${found} instead of ${quote(text)}, so it was damaged or changed`;
}
