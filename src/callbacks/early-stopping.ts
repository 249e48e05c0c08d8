import { SluiceError } from '../errors.js';
import type { Tensor } from '../model/tensor.js';
import { checkBoolean, checkChoice, checkCount, checkKeys, checkOption } from '../options.js';
import type { Callback, CallbackModel, Logs } from './callback.js';

/** Options of callbacks.earlyStopping, named as in Keras. */
export interface EarlyStoppingOptions {
  /** Which figure of the epoch to watch. Default 'val_loss'. */
  monitor?: string | undefined;
  /** Epochs without improvement after which training ends: an integer from 0 up. Default 0. */
  patience?: number | undefined;
  /**
   * Changes no larger than this, in the unit of the figure, do not count as improvement: a number
   * from 0 up. Default 0.
   */
  minDelta?: number | undefined;
  /**
   * Whether the figure should fall or rise; 'auto': rise for accuracies, else fall. Default 'auto'.
   */
  mode?: 'auto' | 'min' | 'max' | undefined;
  /** Puts the weights of the best epoch back when training ends, early or not. Default false. */
  restoreBestWeights?: boolean | undefined;
}

/**
 * Ends training when a figure stops improving, as in Keras.
 * @throws SluiceError 'bad-option' for options that do not hold, and in training where the
 * monitored figure is not reported.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  return new EarlyStopping(options);
}

/** Made by callbacks.earlyStopping. One may serve several trainings, one after the other. */
export class EarlyStopping implements Callback {
  readonly #monitor: string;
  readonly #patience: number;
  readonly #minDelta: number;
  readonly #sign: 1 | -1;
  readonly #restore: boolean;
  #model: CallbackModel | undefined;
  #best = Number.POSITIVE_INFINITY;
  #bestEpoch = -1;
  #bestWeights: Tensor[] | undefined;
  #waited = 0;

  constructor(options: EarlyStoppingOptions = {}) {
    const subject = 'callbacks.earlyStopping';
    checkKeys(subject, options, ['monitor', 'patience', 'minDelta', 'mode', 'restoreBestWeights']);
    const { monitor = 'val_loss', patience = 0, minDelta = 0, mode = 'auto' } = options;
    checkOption(subject, 'monitor', monitor, typeof monitor === 'string', 'a string');
    this.#monitor = monitor;
    this.#patience = checkCount(subject, 'patience', patience, 0);
    const fits = Number.isFinite(minDelta) && minDelta >= 0;
    this.#minDelta = checkOption(subject, 'minDelta', minDelta, fits, 'a finite number from 0 up');
    checkChoice(subject, 'mode', mode, ['auto', 'min', 'max']);
    const rising = mode === 'max' || (mode === 'auto' && /acc(uracy)?$/.test(monitor));
    this.#sign = rising ? -1 : 1;
    this.#restore = checkBoolean(
      subject,
      'restoreBestWeights',
      options.restoreBestWeights ?? false,
    );
  }

  /** The epoch of the best figure so far; -1 before the first. */
  get bestEpoch(): number {
    return this.#bestEpoch;
  }

  setModel(model: CallbackModel): void {
    this.#model = model;
  }

  onTrainBegin(): void {
    this.#best = Number.POSITIVE_INFINITY;
    this.#bestEpoch = -1;
    this.#bestWeights = undefined;
    this.#waited = 0;
  }

  onEpochEnd(epoch: number, logs: Logs): void {
    const value = logs[this.#monitor];
    if (value === undefined) {
      const mend = this.#monitor.startsWith('val_') ? '; give fit validationData for val_*' : '';
      throw new SluiceError(
        'bad-option',
        `callbacks.earlyStopping monitors '${this.#monitor}', but the epoch reports ` +
          `${Object.keys(logs).join(', ')}${mend}`,
      );
    }
    if (this.#sign * value < this.#best - this.#minDelta) {
      this.#best = this.#sign * value;
      this.#bestEpoch = epoch;
      this.#waited = 0;
      if (this.#restore) this.#bestWeights = this.#model?.getWeights();
      return;
    }
    this.#waited++;
    if (this.#waited >= this.#patience && this.#model) this.#model.stopTraining = true;
  }

  onTrainEnd(): void {
    if (this.#bestWeights) this.#model?.setWeights(this.#bestWeights);
    this.#bestWeights = undefined;
  }
}
