/** Safetensors, read and written. Pure: bytes in, bytes out. */
import { SluiceError } from '../errors.js';
import { quote } from './json.js';
import {
  bad,
  byteLength,
  isSize,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA,
  readHeader,
} from './safetensors-header.js';

/** A tensor to be written: float32, row-major, `data.length` equal to the product of `shape`. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor as it stands in a file: `bytes` is a view of the file, not a copy. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * Writes float32 tensors and string metadata. The same input gives the same bytes:
 * tensors and metadata are ordered by name, the header is padded to 8 bytes.
 * @throws SluiceError 'bad-option' for two tensors of one name or data that does not fit its shape.
 */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const ordered = [...tensors].sort((a, b) => compareNames(a.name, b.name));
  const fields: string[] = [];
  if (metadata.size > 0) fields.push(`${JSON.stringify(METADATA)}:${metadataJson(metadata)}`);
  let end = 0;
  ordered.forEach((tensor, index) => {
    checkTensorToWrite(tensor, ordered[index - 1]);
    const begin = end;
    end += tensor.data.byteLength;
    const entry = { dtype: 'F32', shape: tensor.shape, data_offsets: [begin, end] };
    fields.push(`${JSON.stringify(tensor.name)}:${JSON.stringify(entry)}`);
  });
  const header = paddedHeader(`{${fields.join(',')}}`);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + end);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, LENGTH_BYTES);
  let offset = LENGTH_BYTES + header.length;
  for (const { data } of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a file that may be hostile. The tensors are views into `bytes`, not copies.
 * @throws SluiceError 'bad-file' with what was expected and what was found.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const header = readHeader(bytes);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, begin, end }] of header.tensors) {
    tensors.set(name, { dtype, shape, bytes: bytes.subarray(begin, end) });
  }
  return { metadata: header.metadata, tensors };
}

/** The values of an F32 tensor, as an aligned copy. @throws SluiceError 'bad-file' for another type. */
export function toFloat32(name: string, tensor: StoredTensor): Float32Array {
  if (tensor.dtype !== 'F32') {
    throw bad(`tensor ${quote(name)} has type ${tensor.dtype}, expected F32`);
  }
  return alignedFloats(tensor.bytes);
}

/** Copies little-endian floats out of bytes. A Buffer's `slice` would be a view, so no slice here. */
export function alignedFloats(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return new Float32Array(copy.buffer);
}

function checkTensorToWrite(tensor: TensorToWrite, previous: TensorToWrite | undefined): void {
  const { name, shape, data } = tensor;
  if (name === METADATA || name === previous?.name) {
    const reason = name === METADATA ? 'is reserved for metadata' : 'is used twice';
    throw new SluiceError('bad-option', `tensor name ${quote(name)} ${reason}; rename the layer`);
  }
  if (!shape.every(isSize) || byteLength(shape, 4) !== data.byteLength) {
    throw new SluiceError(
      'bad-option',
      `tensor ${quote(name)}: shape [${shape.join(', ')}] does not fit ${data.length} values`,
    );
  }
}

function metadataJson(metadata: ReadonlyMap<string, string>): string {
  const ordered = [...metadata].sort(([a], [b]) => compareNames(a, b));
  // Text by hand: an object would move keys that look like integers to the front.
  return `{${ordered.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`).join(',')}}`;
}

function paddedHeader(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new SluiceError(
      'bad-option',
      `safetensors: metadata of ${length} bytes, the format allows ${MAX_HEADER_BYTES}`,
    );
  }
  const header = new Uint8Array(length).fill(0x20);
  header.set(text);
  return header;
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
