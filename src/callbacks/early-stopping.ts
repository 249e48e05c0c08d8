import { SluiceError } from '../errors.js';
import type { Tensor } from '../model/tensor.js';
import { booleanRule, integerRule, type Rules, type Settled, settle } from '../rules.js';
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
  /**
   * A figure to beat: until it is beaten, epochs count against `patience` even where they are
   * better than those before. Default: none.
   */
  baseline?: number | undefined;
  /**
   * Epochs before this one, an integer from 0 up, are not looked at, nor are their weights kept.
   * Default 0.
   */
  startFromEpoch?: number | undefined;
  /**
   * Puts the weights of the best epoch back when training ends: early, at its last epoch, or
   * by the signal of fit. Default false.
   */
  restoreBestWeights?: boolean | undefined;
}

const subject = 'callbacks.earlyStopping';

const rules = {
  monitor: {
    expected: 'a string',
    holds: (value) => typeof value === 'string',
    otherwise: () => 'val_loss',
  },
  patience: { ...integerRule(0), otherwise: () => 0 },
  minDelta: {
    expected: 'a finite number from 0 up',
    holds: (value) => Number.isFinite(value) && (value as number) >= 0,
    otherwise: () => 0,
  },
  mode: {
    expected: "'auto', 'min' or 'max'",
    holds: (value) => value === 'auto' || value === 'min' || value === 'max',
    otherwise: () => 'auto' as const,
  },
  baseline: { expected: 'a finite number', holds: Number.isFinite },
  startFromEpoch: { ...integerRule(0), otherwise: () => 0 },
  restoreBestWeights: { ...booleanRule, otherwise: () => false },
} satisfies Rules<EarlyStoppingOptions>;

/**
 * Ends training when a figure stops improving, as EarlyStopping of Keras 3. Figures are compared
 * in float32, as there.
 * @throws SluiceError 'bad-option' for options that do not hold, and in training where the
 * monitored figure is not reported.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): EarlyStopping {
  return new EarlyStopping(options);
}

/** What an early stopping knows in the middle of a training. */
export interface EarlyStoppingState {
  /** The best figure; undefined before the first epoch that counts. */
  readonly best: number | undefined;
  /** Its epoch; -1 before the first. */
  readonly bestEpoch: number;
  /** Epochs without improvement since then. */
  readonly waited: number;
  /** Those of the best epoch, where they are to be restored. */
  readonly bestWeights: readonly Tensor[] | undefined;
}

const fresh: EarlyStoppingState = {
  best: undefined,
  bestEpoch: -1,
  waited: 0,
  bestWeights: undefined,
};

/** Made by callbacks.earlyStopping. One may serve several trainings, one after the other. */
export class EarlyStopping implements Callback {
  readonly #settings: Settled<EarlyStoppingOptions, typeof rules>;
  readonly #rising: boolean;
  #model: CallbackModel | undefined;
  /** Undefined before the first epoch that counts: whatever comes is better. */
  #best: number | undefined;
  #bestEpoch = -1;
  #bestWeights: readonly Tensor[] | undefined;
  #waited = 0;
  #resumed: EarlyStoppingState | undefined;

  constructor(options: EarlyStoppingOptions = {}) {
    this.#settings = settle(subject, options, rules);
    const { mode, monitor } = this.#settings;
    this.#rising = mode === 'max' || (mode === 'auto' && /^(val_)?acc(uracy)?$/.test(monitor));
  }

  /** The epoch of the best figure so far; -1 before the first. */
  get bestEpoch(): number {
    return this.#bestEpoch;
  }

  setModel(model: CallbackModel): void {
    this.#model = model;
  }

  /** What it has seen so far: with it another one goes on in a training that was interrupted. */
  saveState(): EarlyStoppingState {
    return {
      best: this.#best,
      bestEpoch: this.#bestEpoch,
      waited: this.#waited,
      bestWeights: this.#bestWeights,
    };
  }

  /** The next training goes on from that state, rather than afresh. */
  loadState(state: EarlyStoppingState): void {
    this.#resumed = { ...state };
  }

  onTrainBegin(): void {
    const { best, bestEpoch, bestWeights, waited } = this.#resumed ?? fresh;
    this.#resumed = undefined;
    this.#best = best;
    this.#bestEpoch = bestEpoch;
    this.#bestWeights = bestWeights && [...bestWeights];
    this.#waited = waited;
  }

  onEpochEnd(epoch: number, logs: Logs): void {
    const { patience, baseline, startFromEpoch, restoreBestWeights } = this.#settings;
    const value = this.#monitored(logs);
    if (epoch < startFromEpoch) return;
    this.#waited++;
    if (this.#improves(value, this.#best)) {
      this.#best = value;
      this.#bestEpoch = epoch;
      if (restoreBestWeights) this.#bestWeights = this.#model?.getWeights();
      if (this.#improves(value, baseline)) this.#waited = 0;
      return;
    }
    if (this.#waited >= patience && this.#model) this.#model.stopTraining = true;
  }

  onTrainEnd(): void {
    if (this.#bestWeights) this.#model?.setWeights(this.#bestWeights);
    this.#bestWeights = undefined;
  }

  onTrainAbort(): void {
    this.onTrainEnd();
  }

  #monitored(logs: Logs): number {
    const { monitor } = this.#settings;
    // 'constructor' and its like are there in every object, but are no figures
    if (Object.hasOwn(logs, monitor)) return logs[monitor];
    const [reported, isOne] = [Object.keys(logs), (name: string) => name.startsWith('val_')];
    const mend =
      isOne(monitor) && !reported.some(isOne)
        ? 'give fit validationData or validationSplit for val_*'
        : 'monitor one of these, or name its metric in compile';
    throw new SluiceError(
      'bad-option',
      `${subject} monitors '${monitor}', but the epoch reports ${reported.join(', ')}; ${mend}`,
    );
  }

  #improves(value: number, reference: number | undefined): boolean {
    if (reference === undefined) return true;
    const { minDelta } = this.#settings;
    const known = Math.fround(reference);
    return this.#rising
      ? Math.fround(value - minDelta) > known
      : Math.fround(value + minDelta) < known;
  }
}
