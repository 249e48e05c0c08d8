/**
 * Safetensors, read and written. Pure: bytes in, bytes out.
 *
 *   offset 0        u64 little-endian  n, the length of the header
 *   offset 8        n bytes            JSON object, padded with spaces
 *   offset 8 + n    the rest           tensor bytes, without holes; offsets count from here
 *
 * The reader trusts nothing: every number is checked against the length of the file
 * before it is used, and nothing is copied before the whole header has been checked.
 * Source: the format section of the huggingface/safetensors README.
 */
import { SluiceError } from '../errors.js';
import { describe, findDuplicateKey, isObject, quote } from './json.js';

/** The format's own limit on the header, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const METADATA = '__metadata__';

/** Bytes an element takes, by the format's name of the type. */
const DTYPE_BYTES: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['I64', 8],
  ['U64', 8],
  ['F32', 4],
  ['I32', 4],
  ['U32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I16', 2],
  ['U16', 2],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['I8', 1],
  ['U8', 1],
  ['BOOL', 1],
]);

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
 * Throws `bad-option` for two tensors of one name or data that does not fit its shape.
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
 * Reads a file that may be hostile. Returns views into `bytes`; throws `bad-file` with
 * what was expected and what was found.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const headerLength = readHeaderLength(bytes);
  const dataStart = LENGTH_BYTES + headerLength;
  const header = parseHeader(bytes.slice(LENGTH_BYTES, dataStart));
  const data = bytes.subarray(dataStart);
  let metadata: ReadonlyMap<string, string> = new Map();
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = readMetadata(value);
    else entries.push(readEntry(name, value, data.length));
  }
  checkCoverage(entries, data.length);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  return { metadata, tensors };
}

/** The values of an F32 tensor, as an aligned copy. Throws `bad-file` for another type. */
export function toFloat32(name: string, tensor: StoredTensor): Float32Array {
  if (tensor.dtype !== 'F32') {
    throw bad(`tensor ${quote(name)} has type ${tensor.dtype}, expected F32`);
  }
  return new Float32Array(tensor.bytes.slice().buffer);
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES + 2) {
    throw bad(`the file has ${bytes.length} bytes, too few for a header; it is empty or truncated`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw bad(
      `the header claims ${length} bytes, the format allows ${MAX_HEADER_BYTES}; it is not a safetensors file`,
    );
  }
  const present = bytes.length - LENGTH_BYTES;
  if (length > present) {
    throw bad(
      `the header claims ${length} bytes and only ${present} follow; the file is truncated or of another format`,
    );
  }
  return length;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b)
    throw bad('the header does not start with "{"; it is not a safetensors file');
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw bad('the header is not valid JSON in UTF-8; the file is damaged', cause);
  }
  if (!isObject(header)) throw bad('the header is not a JSON object; the file is damaged');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw bad(`the header holds the key ${quote(duplicate)} twice`);
  return header;
}

function readMetadata(value: unknown): Map<string, string> {
  if (!isObject(value)) throw bad(`${METADATA} is not a JSON object`);
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') {
      throw bad(`metadata ${quote(key)} is ${describe(text)}, the format allows only strings`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function readEntry(name: string, value: unknown, dataLength: number): Entry {
  const subject = `tensor ${quote(name)}`;
  if (!isObject(value))
    throw bad(`${subject} is described by ${describe(value)}, expected an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  const size = typeof dtype === 'string' ? DTYPE_BYTES.get(dtype) : undefined;
  if (typeof dtype !== 'string' || size === undefined) {
    throw bad(`${subject} has the unknown type ${describe(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw bad(
      `${subject} has the shape ${describe(shape)}, expected an array of whole numbers >= 0`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw bad(`${subject} has the offsets ${describe(offsets)}, expected two whole numbers >= 0`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataLength) {
    throw bad(
      `${subject} lies at [${begin}, ${end}] of ${dataLength} data bytes; the file is truncated or damaged`,
    );
  }
  const expected = byteLength(shape as number[], size);
  if (expected !== end - begin) {
    throw bad(
      `${subject} of shape ${describe(shape)} and type ${dtype} takes ${expected} bytes, its offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape: shape as number[], begin, end };
}

/** Refuses holes, overlaps and bytes after the last tensor, as the reference reader does. */
function checkCoverage(entries: readonly Entry[], dataLength: number): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of ordered) {
    if (begin !== covered) {
      const fault = begin > covered ? 'leaves a hole after' : 'overlaps the tensor that ends at';
      throw bad(`tensor ${quote(name)} begins at ${begin} and ${fault} ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataLength) {
    throw bad(`the tensors take ${covered} bytes and ${dataLength} follow the header`);
  }
}

/** Infinity where the product leaves the exact integers: never equal to a span in a file. */
function byteLength(shape: readonly number[], elementBytes: number): number {
  if (shape.includes(0)) return 0;
  let bytes = elementBytes;
  for (const size of shape) bytes *= size;
  return Number.isSafeInteger(bytes) ? bytes : Number.POSITIVE_INFINITY;
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

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bad(message: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'bad-file',
    `safetensors: ${message}`,
    cause === undefined ? {} : { cause },
  );
}
