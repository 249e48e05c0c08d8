import type { Random, Sequential } from 'sluice';

interface Numbers {
  readonly data: Float32Array;
  readonly shape: number[];
}
interface Batch {
  readonly x: Numbers;
  readonly y: Numbers;
}
interface Language {
  readonly symbols: number;
  readonly answers: number;
  readonly next: (state: number, symbol: number) => number;
}
interface ReberString {
  readonly letters: string;
  readonly legal: readonly string[];
}
interface Book {
  readonly width: number;
  readonly train: Uint16Array;
  readonly choice: Uint16Array;
  readonly test: Uint16Array;
}

interface Counts {
  chance(codes: Uint16Array, at: number, sign: number): number;
  bits(codes: Uint16Array): number;
}

export function addingBatch(random: Random, B: number, T: number): Batch;
export function copyBatch(random: Random, B: number, T: number): Batch;
export function readDigits(text: string): Batch;
export function readIdx(bytes: Uint8Array): { data: Uint8Array; shape: number[] };
export const languages: Readonly<Record<'parity' | 's3', Language>>;
export function product(first: readonly number[], second: readonly number[]): number;
export function formalBatch(
  random: Random,
  B: number,
  T: number,
  language: Language,
  shortest?: number,
  longest?: number,
): Batch;
export function readBook(text: string): Book;
export function wittenBell(codes: Uint16Array, width: number, order: number): Counts;
export function kneserNey(codes: Uint16Array, width: number, order: number): Counts;
export function sideBySide(codes: Uint16Array, streams: number): Batch & { steps: number };
export function bitsOfModel(
  model: Pick<Sequential, 'stream'>,
  codes: Uint16Array,
  judged: Uint16Array,
  width: number,
  streams?: number,
): number;
export function readNames(female: string, male: string): Batch;
export const LETTERS: string;
export function embeddedReber(random: Random): ReberString;
export function reberBatch(random: Random, B: number): Batch & { strings: readonly ReberString[] };
export function shareUnderstood(outputs: Float32Array, strings: readonly ReberString[]): number;
export function temporalOrderBatch(random: Random, B: number): Batch;
export function readVowels(text: string): Batch;
