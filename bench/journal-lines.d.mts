export function reports(count: number): Iterable<string>;
export function attrs(count: number): Iterable<string>;
export function trials(count: number): Iterable<string>;
export function writeJournal(path: string, lines: Iterable<string>): void;
