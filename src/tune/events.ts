import type { FrozenTrial } from './trial.js';

/** What happens in a study while it is optimized, for live views. */
export type StudyEvent =
  | {
      /** A trial was given its parameters and handed to the executor. */
      readonly type: 'trialStarted';
      /** Its number. */
      readonly number: number;
      /** The trial as it starts. */
      readonly trial: FrozenTrial;
    }
  | {
      /** The objective reported an intermediate value. */
      readonly type: 'report';
      /** The number of its trial. */
      readonly number: number;
      /** The step that the value belongs to. */
      readonly step: number;
      /** The value, which may be NaN. */
      readonly value: number;
      /** True when the trial is pruned at this step. */
      readonly pruned: boolean;
    }
  | {
      /** The objective sent a message with `trial.progress`. */
      readonly type: 'progress';
      /** The number of its trial. */
      readonly number: number;
      /** The message as it came through the worker's channel. */
      readonly message: unknown;
    }
  | {
      /** A trial has ended and is in the storage. */
      readonly type: 'trialFinished';
      /** Its number. */
      readonly number: number;
      /** The trial as it ended. */
      readonly trial: FrozenTrial;
    };
