/** Ctrl-C: the first one stops in order, the second at once. */

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Exit code by the signal that came: 130 or 143; undefined when none did. */
  readonly exitCode: number | undefined;
  /** Takes the handlers away. */
  release(): void;
}

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort.
 * @param onFirst told of the first signal
 * @param beforeExit called when a second one ends the program at once
 */
export function listenForInterrupt(
  onFirst: () => void,
  beforeExit: () => void = () => {},
): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const listener = (name: NodeJS.Signals) => {
    if (exitCode !== undefined) {
      beforeExit();
      process.exit(exitCode);
    }
    exitCode = CODES[name as keyof typeof CODES];
    onFirst();
    controller.abort(new Error(name));
  };
  for (const name of Object.keys(CODES)) process.on(name, listener);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release() {
      for (const name of Object.keys(CODES)) process.off(name, listener);
    },
  };
}
