import type { Logs } from '../callbacks/callback.js';
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';

/** The call that trains in epochs. */
export type FitMethod = 'fit' | 'fitDataset';

/** What fit returns. */
export interface History {
  /** The epochs run, by number. */
  epoch: number[];
  /**
   * One number an epoch: `loss` (empty where no epoch was run), each metric under its name, and
   * with validation data val_loss and the other val_ twins.
   */
  history: Figures;
}

/** Figures by name, one number an epoch each. */
export interface Figures {
  /** The mean over the samples, of each epoch. */
  loss: number[];
  [name: string]: number[];
}

export const emptyHistory = (): History => ({ epoch: [], history: { loss: [] } });

export function record({ epoch, history }: History, number: number, logs: Logs): void {
  epoch.push(number);
  for (const [name, value] of Object.entries(logs)) {
    history[name] ??= [];
    history[name].push(value);
  }
}

/** What fit and fitDataset throw when their signal is aborted; `cause` is the signal's reason. */
export class FitAborted extends SluiceError {
  declare readonly code: 'aborted';
  /** Of the epochs that were finished, as the call would have returned it. */
  readonly history: History;
  /**
   * What onTrainAbort of callbacks threw, in their order; empty where none did. A promise that one
   * of them returned adds what it rejects with when it does so.
   */
  readonly callbackErrors: readonly unknown[];

  /** @internal */
  constructor(
    method: FitMethod,
    history: History,
    reason: unknown,
    callbackErrors: readonly unknown[],
  ) {
    const epochs = history.epoch.length;
    super(
      'aborted',
      `${method} was aborted by its signal after ${epochs} finished epoch${epochs === 1 ? '' : 's'}; the ` +
        'model keeps the weights of the last finished step, or those that a callback put back, ' +
        'and error.history the figures of the finished epochs' +
        (callbackErrors.length > 0 ? `; onTrainAbort threw ${textOf(callbackErrors[0])}` : ''),
      { cause: reason },
    );
    this.history = history;
    this.callbackErrors = callbackErrors;
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : shown(error));
