import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.js';
import { readSafetensors, toFloat32, writeSafetensors } from '../../src/formats/safetensors.js';
import { mutate, seededIntegers } from '../support/mutate.js';

const TENSORS = [
  { name: 'lstm/kernel', shape: [2, 3], data: Float32Array.of(1, -2, 3.5, -0, Number.NaN, 1e-40) },
  { name: 'dense/bias', shape: [1], data: Float32Array.of(7) },
  { name: 'a/empty', shape: [0, 4], data: new Float32Array(0) },
  { name: 'scalar', shape: [], data: Float32Array.of(9) },
];
const METADATA = new Map([
  ['config', '{"layers":[]}'],
  ['a "quoted" key', 'Grüße\n\u0000'],
]);

/** A file from a header as text and data of some length, with nothing checked. */
function file(header: string, dataLength = 0, claimed?: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimed ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function refusal(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    expect((error as SluiceError).code).toBe('bad-file');
    return (error as Error).message;
  }
  throw new Error('the file was accepted');
}

describe('writeSafetensors', () => {
  it('writes what the reader reads, to the bit', () => {
    const { metadata, tensors } = readSafetensors(writeSafetensors(TENSORS, METADATA));
    expect(metadata).toEqual(new Map([...METADATA].sort()));
    expect([...tensors.keys()]).toEqual(['a/empty', 'dense/bias', 'lstm/kernel', 'scalar']);
    for (const { name, shape, data } of TENSORS) {
      const stored = tensors.get(name);
      expect(stored?.shape).toEqual(shape);
      const values = toFloat32(name, stored as NonNullable<typeof stored>);
      expect(new Uint32Array(values.buffer)).toEqual(
        new Uint32Array(data.buffer, data.byteOffset, data.length),
      );
    }
  });

  it('gives the same bytes in any order of tensors and metadata, with aligned data', () => {
    const bytes = writeSafetensors(TENSORS, METADATA);
    const other = writeSafetensors([...TENSORS].reverse(), new Map([...METADATA].reverse()));
    expect(other).toEqual(bytes);
    expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
  });

  it('reads from bytes at an odd offset', () => {
    const bytes = writeSafetensors(TENSORS);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const stored = readSafetensors(shifted.subarray(3)).tensors.get('dense/bias');
    expect(toFloat32('dense/bias', stored as NonNullable<typeof stored>)).toEqual(
      Float32Array.of(7),
    );
  });

  it.each([
    [[{ name: 'a', shape: [2], data: new Float32Array(3) }], /"a": shape \[2\] does not fit 3/],
    [[{ name: 'a', shape: [-1], data: new Float32Array(1) }], /shape \[-1\] does not fit/],
    [[TENSORS[1], TENSORS[1]], /"dense\/bias" is used twice/],
    [[{ name: '__metadata__', shape: [0], data: new Float32Array(0) }], /reserved/],
  ])('refuses wrong tensors %#', (tensors, message) => {
    expect(() => writeSafetensors(tensors)).toThrow(message);
  });

  it('accepts a file without tensors', () => {
    expect(readSafetensors(writeSafetensors([])).tensors.size).toBe(0);
  });
});

describe('readSafetensors refuses', () => {
  const entry = (shape: string, offsets: string, dtype = '"F32"') =>
    `{"a":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;

  it.each([
    ['an empty file', new Uint8Array(0), /has 0 bytes/],
    ['a header length beyond the file', file('{}', 0, 3), /claims 3 bytes and only 2 follow/],
    ['a header above the limit', file('{}', 0, 100_000_001), /claims 100000001 bytes/],
    ['a header length above 2^32', file('{}', 0, 2 ** 40 + 2), /claims 1099511627778 bytes/],
    ['a header length of 0', file('{}', 0, 0), /does not start with "\{"/],
    ['a header that starts with a space', file(' {}'), /does not start with "\{"/],
    ['a byte order mark', file('\uFEFF{}'), /does not start with/],
    ['broken JSON', file('{"a":'), /not valid JSON/],
    ['text after the object', file('{} x'), /not valid JSON/],
    ['nesting without end', file(`{"a":${'['.repeat(200_000)}`), /not valid JSON/],
    ['a tensor named twice', file('{"a":1,"\\u0061":2}'), /the key "a" twice/],
    ['a field given twice', file('{"a":{"dtype":1,"dtype":2}}'), /the key "dtype" twice/],
    ['metadata that is no object', file('{"__metadata__":[]}'), /__metadata__ is not/],
    ['metadata that is no string', file('{"__metadata__":{"k":1}}'), /"k" is 1, .* only strings/],
    ['a tensor that is no object', file('{"a":[1]}'), /described by \[1\]/],
    ['an unknown type', file(entry('[1]', '[0,4]', '"F99"'), 4), /unknown type "F99"/],
    ['a type of Object.prototype', file(entry('[1]', '[0,4]', '"valueOf"'), 4), /unknown type/],
    ['a missing type', file('{"a":{"shape":[],"data_offsets":[0,4]}}', 4), /type missing/],
    ['a negative size', file(entry('[-1]', '[0,4]'), 4), /shape \[-1\]/],
    ['a fractional size', file(entry('[1.5]', '[0,6]'), 6), /shape \[1.5\]/],
    ['a size that is text', file(entry('["1"]', '[0,4]'), 4), /shape \["1"\]/],
    ['a shape that is no array', file(entry('{}', '[0,4]'), 4), /shape an object/],
    ['a shape of arrays', file(entry('[[[1]]]', '[0,4]'), 4), /shape \[an array\]/],
    ['three offsets', file(entry('[1]', '[0,4,8]'), 4), /offsets \[0, 4, 8\]/],
    ['offsets in reverse', file(entry('[1]', '[4,0]'), 4), /lies at \[4, 0\]/],
    ['an offset beyond the data', file(entry('[2]', '[0,8]'), 4), /lies at \[0, 8\] of 4/],
    ['an offset beyond 2^53', file(entry('[1]', '[0,1e300]'), 4), /offsets \[0, 1e\+300\]/],
    ['a span unlike the shape', file(entry('[2]', '[0,4]'), 4), /takes 8 bytes, .* span 4/],
    ['a product that overflows', file(entry('[4294967296,4294967296,0.0]', '[0,4]'), 4), /takes 0/],
    ['a product beyond 2^53', file(entry('[4503599627370496,4096]', '[0,4]'), 4), /takes Infinity/],
    ['bytes before the first tensor', file(entry('[1]', '[4,8]'), 8), /hole after 0/],
    ['bytes after the last tensor', file(entry('[1]', '[0,4]'), 5), /take 4 bytes and 5 follow/],
    ['bytes without tensors', file('{}', 1), /take 0 bytes and 1 follow/],
  ])('%s', (_, bytes, message) => {
    expect(refusal(bytes)).toMatch(message);
  });

  it('tensors that overlap or leave a hole', () => {
    const two = (begin: number, end: number) =>
      `{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},` +
      `"b":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}}`;
    expect(refusal(file(two(2, 6), 6))).toMatch(/"b" begins at 2 and overlaps .* 4/);
    expect(refusal(file(two(6, 8), 8))).toMatch(/"b" begins at 6 and leaves a hole after 4/);
    expect(refusal(file(two(0, 4), 4))).toMatch(/overlaps/);
  });

  it('bytes that are not UTF-8', () => {
    const bytes = file('{"a":1}');
    bytes[10] = 0xff;
    expect(refusal(bytes)).toMatch(/UTF-8/);
  });

  it('a shape of deep arrays, without running out of stack', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    expect(refusal(file(entry(deep, '[0,4]'), 4))).toMatch(/tensor "a"|not valid JSON/);
  });

  it('a long name, in a short message', () => {
    expect(refusal(file(`{"${'x'.repeat(1e6)}":1}`)).length).toBeLessThan(200);
  });

  it('another type where F32 is expected', () => {
    const { tensors } = readSafetensors(file(entry('[1]', '[0,8]', '"F64"'), 8));
    const stored = tensors.get('a') as NonNullable<ReturnType<typeof tensors.get>>;
    expect(() => toFloat32('a', stored)).toThrow(/"a" has type F64, expected F32/);
  });
});

describe('hostile bytes', () => {
  it('keep prototypes as they were', () => {
    const header =
      '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},' +
      '"__metadata__":{"__proto__":"x","constructor":"y"}}';
    const { metadata, tensors } = readSafetensors(file(header, 1));
    expect(tensors.get('__proto__')?.bytes.length).toBe(1);
    expect(metadata.get('__proto__')).toBe('x');
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });

  it('of every truncated length are refused', () => {
    const bytes = writeSafetensors(TENSORS, METADATA);
    for (let length = 0; length < bytes.length; length++) refusal(bytes.slice(0, length));
  });

  it('of 20,000 random changes are read or refused, never anything else', () => {
    const bytes = writeSafetensors(TENSORS, METADATA);
    const next = seededIntegers(20);
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      try {
        readSafetensors(mutate(bytes, next));
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'bad-file') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10_000);
  });
});
