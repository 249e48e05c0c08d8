import type { Random } from 'sluice';

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
  readonly test: Uint16Array;
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
export function bitsOfCounts(book: Book, order: number): number;
export function stretches(codes: Uint16Array, starts: readonly number[]): Batch;
export function readNames(female: string, male: string): Batch;
export const LETTERS: string;
export function embeddedReber(random: Random): ReberString;
export function reberBatch(random: Random, B: number): Batch & { strings: readonly ReberString[] };
export function shareUnderstood(outputs: Float32Array, strings: readonly ReberString[]): number;
export function temporalOrderBatch(random: Random, B: number): Batch;
export function readVowels(text: string): Batch;
