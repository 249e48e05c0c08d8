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

/** Where things stand in the control buffer, in words of 32 bits, each on a cache line of its own. */
export const CONTROL = { command: 0, kernel: 16, count: 17, ready: 32 } as const;
/** Bytes before the arguments, which are doubles. */
export const CONTROL_HEAD = 256;
