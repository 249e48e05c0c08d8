/** The lines of a journal file as bytes: cut, read and checked in bounded memory. */
import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { checksum } from '../../crc32.js';
import { decodeJson, encodeOp } from './journal-codec.js';
import { breaksOff, checkExtent, ExcessiveJson, MOST_VALUES } from './journal-json.js';
import type { JournalOp } from './journal-op.js';

/** No line may be longer: about 500,000 reports or 2,000,000 numbers of an attribute at once. */
export const LONGEST_LINE = 64 * 2 ** 20;

const CHUNK = 2 ** 20;
const NEWLINE = 0x0a;

/**
 * Takes the whole lines between two offsets, one after another.
 * @param take gets a line without its newline; the bytes are overwritten afterwards
 * @param pause called after each line and each read; what it returns is waited for, so that the
 *   rest of the program has its turn
 * @returns the offset after the last newline
 * @throws RangeError for a line longer than LONGEST_LINE
 */
export async function takeLines(
  handle: FileHandle,
  from: number,
  end: number,
  take: (line: Buffer) => void,
  pause: () => Promise<void> | undefined = () => undefined,
): Promise<number> {
  let buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - from));
  let at = from;
  while (at < end) {
    const bytes = buffer.subarray(0, Math.min(buffer.length, end - at));
    await readFully(handle, bytes, at);
    let start = 0;
    for (let newline = bytes.indexOf(NEWLINE); newline >= 0; ) {
      take(bytes.subarray(start, newline));
      start = newline + 1;
      const rest = pause(); // most lines need none: to wait for nothing would double their time
      if (rest !== undefined) await rest;
      newline = bytes.indexOf(NEWLINE, start);
    }
    at += start;
    if (start === 0) {
      if (bytes.length > LONGEST_LINE) throw new RangeError('the line is too long');
      if (at + bytes.length === end) break;
      buffer = Buffer.allocUnsafe(Math.min(2 * buffer.length, LONGEST_LINE + 1));
    }
    await pause();
  }
  return at;
}

async function readFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new Error('the file ended early');
    done += bytesRead;
  }
}

/**
 * Ours end in a checksum of all that stands before it, so that no flipped bit is read as another
 * value. Optuna passes the field over and writes none; a line without one is not checked.
 */
const CHECKED = /^, "crc": "([0-9a-f]{8})"\}$/;
const CHECKED_LENGTH = ', "crc": "00000000"}'.length;

/** One line, newline included. */
export function encodeLine(op: JournalOp): Buffer {
  const body = encodeOp(op).slice(0, -1);
  return Buffer.from(`${body}, "crc": "${checksum(Buffer.from(body))}"}\n`);
}

/** Why a line must not be written, though it is not too long: nobody would read it again. */
export function excessOf(line: Buffer): string | undefined {
  if (line.length < MOST_VALUES) return undefined; // a value takes a byte or more
  try {
    checkExtent(line.toString('latin1'));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** @throws Error that says what is wrong with the line, after "expected ..., but" */
export function decodeLine(line: Buffer): JournalOp {
  const text = line.toString('utf8');
  if (text.includes('\ufffd') && !isUtf8(line)) throw new Error('it is not UTF-8');
  const op = parse(text);
  if (typeof op !== 'object' || op === null || !('op_code' in op)) {
    throw new Error(`found ${shown(text)}`);
  }
  if ('crc' in op) compareChecksum(line);
  return op;
}

function compareChecksum(line: Buffer): void {
  const end = Math.max(0, line.length - CHECKED_LENGTH);
  const found = CHECKED.exec(line.toString('latin1', end))?.[1];
  const expected = checksum(line.subarray(0, end));
  if (found === expected) return;
  throw new Error(
    `its checksum is ${expected} instead of ${found ?? 'another'}, so it was changed ` +
      '(whoever did that on purpose must take its "crc" field out)',
  );
}

function parse(text: string): JournalOp | undefined {
  try {
    return decodeJson(text) as JournalOp | undefined;
  } catch (error) {
    if (error instanceof ExcessiveJson) throw error;
    return undefined;
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

/**
 * How much of a last line without newline is to be kept: all of a whole operation, nothing of one
 * that a crash has torn (the zeros that a power failure leaves may follow).
 * @throws Error as decodeLine, for a line that is neither: it was whole once and is damaged
 */
export function wholePart(line: Buffer): number {
  let length = line.length;
  while (length > 0 && line[length - 1] === 0) length -= 1;
  const text = line.toString('utf8', 0, length);
  if (length === 0 || breaksOff(text)) return 0;
  decodeLine(line.subarray(0, length));
  return length;
}
