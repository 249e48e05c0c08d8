// What an optimizer is to the model: hyperparameters and the update of a span of the parameter
// store. It keeps no state of its own; moments live in the model's memory, so that one optimizer
// object can serve many models.
import type { Kernels } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import { deepFreeze } from '../frozen.js';
import { checkFloat32, type Float32Range } from '../options.js';
import type { Clipping } from './clipping.js';

/** An array of an optimizer's state. */
export interface Slot {
  /** Its name in model files. */
  readonly name: string;
  /** False where a value below 0 can only be damage. */
  readonly signed: boolean;
}

/** Byte addresses of the flat stores; a span has the same offset in each of them. */
export interface Stores {
  readonly parameters: number;
  readonly gradients: number;
  /** One a slot of the optimizer. */
  readonly slots: readonly number[];
}

/** What may differ from one step or span to the next. */
export interface StepFactors {
  readonly learningRate: number;
  /** Factor on the gradients, from clipping. */
  readonly gradientScale: number;
}

/** Hyperparameters by name, fit for JSON; a bound that is not set is undefined. */
export type OptimizerOptions = Readonly<Record<string, number | boolean | undefined>>;

/** How a model learns from its gradients, as `optimizers.adam()` and `optimizers.sgd()` make it. */
export interface Optimizer {
  /** 'Adam' or 'SGD', as in Keras. */
  readonly className: string;
  /** Its options with the learning rate of now: what makes the same optimizer again. */
  readonly config: OptimizerOptions;
  /**
   * The step size. Setting it, in a callback for instance, holds from the next step on, for every
   * model that this object was handed to. 0 changes no weight.
   * @throws SluiceError 'bad-option' unless it is a finite number from 0 up, as float32 too.
   */
  learningRate: number;
  /** How it bounds the gradients. */
  readonly clipping: Clipping;
  /**
   * What it keeps between steps: arrays as large as the parameters, all 0 at first.
   * @internal
   */
  readonly slots: readonly Slot[];
  /**
   * One step over a span that is trained: a weight, under its name, or neighbours that decay alike.
   * @param step 1 for the first.
   * @internal
   */
  update(kernels: Kernels, span: Span, stores: Stores, step: number, factors: StepFactors): void;
  /**
   * Turns bounds on magnitudes before a step into bounds after it.
   * @param bounds of the weights, then of each slot; changed in place.
   * @param gradient a bound on the gradients, clipped.
   * @param step 1 for the first.
   * @returns a bound on what else `update` computes on the way: float32 must hold that too.
   * @internal
   */
  extend(bounds: Float64Array, gradient: number, step: number, learningRate: number): number;
}

/** The check of each numeric option and its value when it is left out. */
export type NumberOptions = Readonly<Record<string, readonly [Float32Range, standard: number]>>;

/** Checks the numbers among the options and fills in what is left out. */
export function readNumbers<T extends NumberOptions>(
  subject: string,
  options: { readonly [K in keyof T]?: number | undefined },
  declared: T,
): Record<keyof T, number> {
  const read = Object.entries(declared).map(([name, [range, standard]]) => {
    const value = options[name];
    return [name, value === undefined ? standard : checkFloat32(subject, name, value, range)];
  });
  return Object.fromEntries(read);
}

/** What sets one kind of optimizer apart from another. */
interface Rule extends Pick<Optimizer, 'className' | 'slots' | 'update' | 'extend'> {
  readonly subject: string;
  readonly learningRate: number;
  readonly clipping: Clipping;
  /** All others. */
  readonly options: OptimizerOptions;
}

/** Frozen but for the learning rate, so that setting anything else does not pass for done. */
export function optimizerOf(rule: Rule): Optimizer {
  const { className, slots, update, extend, subject, clipping, options } = rule;
  let { learningRate } = rule;
  return Object.freeze({
    className,
    get config() {
      return Object.freeze({ learningRate, ...options, ...clipping });
    },
    get learningRate() {
      return learningRate;
    },
    set learningRate(value: number) {
      learningRate = checkFloat32(subject, 'learningRate', value, 'notNegative');
    },
    clipping: Object.freeze(clipping),
    slots: deepFreeze(slots),
    update,
    extend,
  });
}
