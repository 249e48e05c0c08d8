import type { FrozenTrial } from './trial.js';

/** What happens in a study while it is optimized, for live views. */
export type StudyEvent =
  | {
      readonly type: 'trialStarted';
      readonly number: number;
      readonly trial: FrozenTrial;
    }
  | {
      readonly type: 'report';
      readonly number: number;
      readonly step: number;
      readonly value: number;
      /** True when the trial is pruned at this step. */
      readonly pruned: boolean;
    }
  | {
      /** A message that the objective sent with `trial.progress`. */
      readonly type: 'progress';
      readonly number: number;
      readonly message: unknown;
    }
  | {
      readonly type: 'trialFinished';
      readonly number: number;
      readonly trial: FrozenTrial;
    };
