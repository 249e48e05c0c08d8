export function reports(count: number): Iterable<string>;
export function attrs(count: number): Iterable<string>;
export function trials(count: number): Iterable<string>;
export function writeJournal(path: string, lines: Iterable<string>): void;
export function studyAttrs(count: number, op_code: number, field: string): Iterable<string>;
export function newNames(count: number): Iterable<string>;
