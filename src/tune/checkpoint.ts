/** What a trial goes on from. */
export interface Checkpoint {
  /** The step after which it was saved. */
  readonly step: number;
  /** What save was given. */
  readonly bytes: Uint8Array;
}
