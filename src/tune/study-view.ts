import type { Params } from './executor.js';
import type { Direction, FrozenTrial } from './trial.js';

/** A study as its callbacks see it: what it has found so far. */
export interface StudyView {
  /** Under which the storage keeps it. */
  readonly name: string;
  /** Whether small or large values are good, for each objective. */
  readonly directions: readonly Direction[];
  /** The same, of a study of one objective. @throws SluiceError 'bad-option' with several */
  readonly direction: Direction;
  /** All trials in number order. */
  readonly trials: readonly FrozenTrial[];
  /** The trials that no other one is better than. */
  readonly bestTrials: readonly FrozenTrial[];
  /** The COMPLETE trial with the best value. @throws SluiceError 'objective' where there is none */
  readonly bestTrial: FrozenTrial;
  /** Its value. @throws as bestTrial */
  readonly bestValue: number;
  /** Its parameters. @throws as bestTrial */
  readonly bestParams: Readonly<Params>;
}
