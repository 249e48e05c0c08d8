/**
 * The header of a safetensors file, checked before anything of the file is used.
 *
 *   offset 0        u64 little-endian  n, the length of the header
 *   offset 8        n bytes            JSON object, padded with spaces
 *   offset 8 + n    the rest           tensor bytes, without holes; offsets count from here
 *
 * The file may be hostile: every number is checked against the length of the file, and the
 * header alone decides, so that a bad file is refused before its data is even read.
 * Source: the format section of the huggingface/safetensors README.
 */
import { SluiceError } from '../errors.js';
import { foreignFormat } from './foreign.js';
import { describe, findDuplicateKey, isObject, quote } from './json.js';

/** The format's own limit on the header, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Bytes of the length that stands before the header. */
export const LENGTH_BYTES = 8;
/** The key of the header that names no tensor. */
export const METADATA = '__metadata__';

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

/** Where a tensor stands: `begin` and `end` are offsets from the start of the file. */
export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/**
 * How many bytes of the file length and header take, from its first 9 bytes; TELLING_BYTES tell foreign files too.
 * @throws SluiceError 'bad-file' where a file of `fileLength` bytes cannot be meant.
 */
export function headerEnd(start: Uint8Array, fileLength: number): number {
  if (fileLength < LENGTH_BYTES + 2) {
    throw bad(`the file has ${fileLength} bytes, too few for a header; it is empty or truncated`);
  }
  const foreign = foreignFormat(start);
  if (foreign !== undefined) throw bad(`${foreign}. Model files of sluice are safetensors`);
  const view = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw bad(
      `the header claims ${length} bytes, the format allows ${MAX_HEADER_BYTES}; ` +
        'it is not a safetensors file',
    );
  }
  const present = fileLength - LENGTH_BYTES;
  if (length > present) {
    throw bad(
      `the header claims ${length} bytes and only ${present} follow; ` +
        'the file is truncated or of another format',
    );
  }
  if (start[LENGTH_BYTES] !== 0x7b || length < 2) {
    throw bad('the header does not start with "{"; it is not a safetensors file');
  }
  return LENGTH_BYTES + length;
}

/**
 * Reads and checks the header. `head` holds the file from its start, at least up to the
 * end of the header; `fileLength` is the length of the whole.
 * @throws SluiceError 'bad-file' with what was expected and what was found.
 */
export function readHeader(head: Uint8Array, fileLength: number = head.length): SafetensorsHeader {
  const dataStart = headerEnd(head, fileLength);
  const header = parseHeader(head.slice(LENGTH_BYTES, dataStart));
  let metadata: ReadonlyMap<string, string> = new Map();
  const tensors = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = readMetadata(value);
    else tensors.set(name, readEntry(name, value, dataStart, fileLength));
  }
  checkCoverage(tensors, dataStart, fileLength);
  return { metadata, tensors };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
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

function readEntry(
  name: string,
  value: unknown,
  dataStart: number,
  fileLength: number,
): TensorEntry {
  const dataLength = fileLength - dataStart;
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
  return { dtype, shape: shape as number[], begin: dataStart + begin, end: dataStart + end };
}

/** Refuses holes, overlaps and bytes after the last tensor, as the reference reader does. */
function checkCoverage(
  tensors: ReadonlyMap<string, TensorEntry>,
  dataStart: number,
  fileLength: number,
): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = dataStart;
  for (const [name, { begin, end }] of ordered) {
    if (begin !== covered) {
      const fault = begin > covered ? 'leaves a hole after' : 'overlaps the tensor that ends at';
      const [from, at] = [begin - dataStart, covered - dataStart];
      throw bad(`tensor ${quote(name)} begins at ${from} and ${fault} ${at}`);
    }
    covered = end;
  }
  if (covered !== fileLength) {
    const [taken, present] = [covered - dataStart, fileLength - dataStart];
    throw bad(`the tensors take ${taken} bytes and ${present} follow the header`);
  }
}

/** Bytes of a tensor; Infinity where the product leaves the exact integers: never equal to a span in a file. */
export function byteLength(shape: readonly number[], elementBytes: number): number {
  if (shape.includes(0)) return 0;
  let bytes = elementBytes;
  for (const size of shape) bytes *= size;
  return Number.isSafeInteger(bytes) ? bytes : Number.POSITIVE_INFINITY;
}

/** A whole number from 0 up that a double holds exactly. */
export function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function bad(message: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'bad-file',
    `safetensors: ${message}`,
    cause === undefined ? {} : { cause },
  );
}
