// What the thread that leads a crew and the others agree on.

/** What a thread is told at its start. */
export interface CrewStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  /** Names of the kernels that commands count. */
  readonly names: readonly string[];
  readonly rank: number;
  /** Address of the team in that memory. */
  readonly team: number;
  readonly wide: boolean;
}

/**
 * A command is one word: a number that counts them, and how many threads it is for. Who is not among them must
 * look at nothing else, for the next command may be on its way already.
 */
export const commandWord = (count: number, threads: number): number => (count << 8) | threads;
export const threadsOfCommand = (word: number): number => word & 255;

/** The count of the command after this one. */
export const nextCommand = (count: number): number => (count + 1) & 0xff_ffff;

/**
 * Where things stand in the control buffer, in words of 32 bits, on cache lines of their own: `pages` is the size of
 * the memory, `failed` the number of bytes of the text of a thread that failed, or -1 while it is written.
 */
export const CONTROL = {
  command: 0,
  kernel: 16,
  count: 17,
  pages: 18,
  ready: 32,
  failed: 48,
} as const;
/** Bytes before the arguments, which are doubles. */
export const CONTROL_HEAD = 256;
/** Arguments that a command may have. */
export const MOST_ARGUMENTS = 32;
/** Where the text stands of a thread that failed, and its most bytes. */
export const FAILURE = { at: CONTROL_HEAD + 8 * MOST_ARGUMENTS, most: 200 } as const;
/** Bytes of a control buffer. */
export const CONTROL_BYTES = FAILURE.at + FAILURE.most;

/** Bytes in a team of assembly/team.ts: its threads, what they sleep at a time, their turn, whether somebody is missing. */
export const TEAM = { threads: 0, sleep: 8, turn: 128, broken: 256 } as const;

/** Ends every wait of a team: what it computes is void. Counts the turn on, so that nobody falls asleep meanwhile. */
export function breakTeam(memory: WebAssembly.Memory, team: number): void {
  const words = new Int32Array(memory.buffer, team, TEAM.broken / 4 + 1);
  Atomics.store(words, TEAM.broken / 4, 1);
  Atomics.add(words, TEAM.turn / 4, 1);
  Atomics.notify(words, TEAM.turn / 4);
}
