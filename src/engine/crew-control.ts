// What the thread that leads a crew and the others agree on.

/** What a thread is told at its start. */
export interface CrewStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  /** Names of the kernels that commands count. */
  readonly names: readonly string[];
  readonly rank: number;
  readonly wide: boolean;
}

/**
 * A command is one word: a number that counts them, and how many threads it is for. Who is not among them must
 * look at nothing else, for the next command may be on its way already.
 */
export const commandWord = (count: number, threads: number): number => (count << 8) | threads;
export const threadsOfCommand = (word: number): number => word & 255;

/** Where things stand in the control buffer, in words of 32 bits, each on a cache line of its own. */
export const CONTROL = { command: 0, kernel: 16, count: 17, ready: 32 } as const;
/** Bytes before the arguments, which are doubles. */
export const CONTROL_HEAD = 256;
