// So that [Symbol.dispose] has a type in programs whose own `lib` does not know it.
/// <reference lib="esnext.disposable" preserve="true" />
import type { CallbackModel, Logs } from '../callbacks/callback.js';
import type { Build, Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import type { Layer, Shape, WeightSpec } from '../layers/layer.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { settle } from '../rules.js';
import { type CompileOptions, checkCompileOptions } from './compile-options.js';
import { type Internals, ModelCore } from './core.js';
import { held } from './dataset.js';
import { evaluateAll, predictAll, type Weights } from './evaluation.js';
import { checkLoss, checkOutputs } from './finite.js';
import {
  checkEvaluateOptions,
  checkFitOptions,
  type EvaluateOptions,
  type FitOptions,
} from './fit-options.js';
import type { History } from './history.js';
import { checkLayers, type LayerInfo, layerInfos, layerNames } from './layer-list.js';
import { Breather } from './macrotask.js';
import { Means } from './means.js';
import type { ModelConfig } from './model-config.js';
import { weightSpecs } from './parameters.js';
import type { Compiled } from './runner.js';
import { type SequentialOptions, sequentialRules } from './sequential-options.js';
import { countParameters, summarize } from './summary.js';
import type { Tensor, TensorLike } from './tensor.js';
import { type Session, train } from './trainer.js';
import type { TrainingState } from './training-state.js';
import { checkUpdated, trainStep } from './training-step.js';
import { splitOff } from './validation.js';
import { WeightGate } from './weight-gate.js';

/** Safari has no Symbol.dispose yet; there a polyfill may bring one, before this is loaded. */
const disposal: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** The way to a model's insides for the tests of this package; not exported from it. */
export const internals = Symbol('sluice internals');

/** The way for model files to what training goes on from; not exported from the package. */
export const trainingState = Symbol('sluice training state');

/**
 * A stack of layers, each feeding the next, with a Wasm memory of its own.
 * @throws SluiceError 'bad-option', 'bad-shape', 'unsupported' without SIMD, 'memory-limit'
 * where the weights cannot fit (before anything is allocated).
 */
export function sequential(options: SequentialOptions): Sequential {
  return new Sequential(options);
}

/** A stack of layers; made by sequential. */
export class Sequential implements CallbackModel {
  /** Set to true (from a callback) to end fit after the present batch, as in Keras. */
  stopTraining = false;
  /**
   * How inputs are made from raw data, or whatever else belongs to the model: plain data that
   * goes into its files and comes back out of them. As trustworthy as the file.
   */
  preprocessing: unknown;
  readonly #name: string;
  readonly #seed: number;
  readonly #numerics: Numerics;
  readonly #layers: readonly Layer[];
  readonly #infos: readonly LayerInfo[];
  readonly #core: ModelCore;
  #epochsDone = 0;
  #fitting = false;
  #weightsVersion = 0;
  readonly #gate = new WeightGate();

  constructor(options: SequentialOptions) {
    const { layers, ...settled } = settle('sequential', options, sequentialRules);
    this.#layers = checkLayers(layers);
    const { name, seed, numerics } = settled;
    this.#name = name;
    this.#seed = seed;
    this.#numerics = numerics;
    const names = layerNames(this.#layers);
    this.#infos = layerInfos(this.#layers, names);
    this.#core = new ModelCore(name, this.#layers, names, seed, numerics);
  }

  /** The name it was given, or "sequential". */
  get name(): string {
    return this.#name;
  }

  /** What weights, sample orders and dropout are drawn from. */
  get seed(): number {
    return this.#seed;
  }

  /** As it was asked for; `build` tells what runs. */
  get numerics(): Numerics {
    return this.#numerics;
  }

  /** The layers, from input to output. */
  get layers(): readonly LayerInfo[] {
    return this.#infos;
  }

  /** Which kernels run: 'relaxed-simd' only with numerics 'fast', where the runtime has it. */
  get build(): Build {
    return this.#core.build;
  }

  /** [features] or [timesteps, features] of a sample; undefined until known. */
  get inputShape(): Shape | undefined {
    return this.#core.network?.inputShape;
  }

  /** The shape of a sample's output; undefined until the input shape is known. */
  get outputShape(): Shape | undefined {
    return this.#core.network?.outputShape;
  }

  /** Bytes of the model's WebAssembly memory; 0 after dispose. */
  get memoryBytes(): number {
    return this.#core.memoryBytes;
  }

  /**
   * The one of the last compile. Setting its `learningRate` holds from the next step on.
   * @throws SluiceError 'bad-option' before compile
   */
  get optimizer(): Optimizer {
    return this.#core.needCompiled('optimizer').optimizer;
  }

  /** Updates by the present optimizer. */
  get optimizerSteps(): number {
    return this.#core.optimizerSteps;
  }

  /**
   * Settles how the model learns. Calling it again starts the optimizer afresh.
   * @throws SluiceError 'bad-option'
   */
  compile(options: CompileOptions): void {
    this.#core.alive();
    this.#idle('compile');
    this.#unread('compile');
    this.#core.compile(checkCompileOptions(options, this.#layers));
  }

  /**
   * Trains on x [n, ...inputShape] and y [n, ...outputShape]. Calling it again goes on:
   * optimizer state, sample orders and dropout masks continue. Where initialEpoch is not below
   * epochs it does nothing and calls no callback.
   *
   * x, y and validationData may be changed or transferred as soon as fit was called: those that
   * are Float32Arrays are copied first, at 4 bytes a number. A predict or evaluate beside a
   * running fit is computed from one set of weights: the next step waits for it.
   *
   * After an error ('not-finite', one thrown by a callback) the model stands as the last
   * finished step left it and can be used; onTrainEnd has not been called. 'not-finite' is
   * thrown before the step that would make weights infinite, or once a loss is not finite. When
   * the signal is aborted, the error is a FitAborted with the history so far, and callbacks hear
   * onTrainAbort; what these throw is in its callbackErrors.
   * @throws SluiceError 'bad-option', 'bad-shape', 'bad-data', 'memory-limit', 'not-finite',
   * 'aborted', 'disposed'
   */
  async fit(x: TensorLike, y: TensorLike, options: FitOptions = {}): Promise<History> {
    const compiled = this.#core.needCompiled('fit');
    const settings = checkFitOptions(options);
    this.#idle('fit');
    const all = held(this.#core.dataset(x, y));
    const { validationData, validationSplit } = settings;
    const [data, heldOut] = validationSplit > 0 ? splitOff(all, validationSplit) : [all, undefined];
    const validation = validationData
      ? held(this.#core.validation(validationData[0], validationData[1]))
      : heldOut;
    // all memory up front: no growth in the middle of training
    const { batchSize } = settings;
    const count = validation?.count ?? 0;
    this.#core.prepare(Math.min(batchSize, data.count), Math.min(batchSize, count));
    this.#fitting = true;
    try {
      return await train(this.#session(compiled), data, validation, settings);
    } finally {
      this.#fitting = false;
    }
  }

  /**
   * Loss and metrics, by name, as means over the samples of x and y, all by one set of weights;
   * see predict.
   * @throws SluiceError as fit does
   */
  async evaluate(x: TensorLike, y: TensorLike, options: EvaluateOptions = {}): Promise<Logs> {
    const compiled = this.#core.needCompiled('evaluate');
    const { batchSize } = checkEvaluateOptions('evaluate', options);
    const data = this.#core.dataset(x, y);
    this.#core.prepare(0, Math.min(batchSize, data.count));
    const session = this.#session(compiled);
    const means = await this.#gate.read(() =>
      evaluateAll(session, compiled, data, batchSize, undefined, new Breather()),
    );
    const logs = means.report();
    checkLoss('evaluate', logs.loss);
    return logs;
  }

  /**
   * Outputs [n, ...outputShape] for x [n, ...inputShape]; the same bits whatever the batchSize.
   *
   * All come from one set of weights: training steps wait until predict is done, and setWeights
   * meanwhile makes it begin again. x may be changed or transferred as soon as predict was
   * called: a Float32Array is copied when the pass takes longer than one turn of 50 ms.
   * @throws SluiceError 'bad-shape', 'bad-data', 'memory-limit', 'disposed', 'not-finite' that
   * names the sample (and time step) whose output left float32
   */
  async predict(x: TensorLike, options: EvaluateOptions = {}): Promise<Tensor> {
    const { batchSize } = checkEvaluateOptions('predict', options);
    const input = this.#core.input(x);
    const { count } = input;
    this.#core.prepare(0, Math.min(batchSize, count));
    const { outputShape } = this.#core.needNetwork();
    const data = await this.#gate.read(() =>
      predictAll(this.#weights(), input, outputShape, batchSize),
    );
    const outputs = { data, shape: [count, ...outputShape] };
    checkOutputs('predict', outputs);
    return outputs;
  }

  /**
   * One training step over all of x and y; returns its loss and metrics. It waits for a predict
   * or evaluate of the same model that is under way, and a fit called meanwhile waits for it.
   * @throws SluiceError as fit does
   */
  async trainOnBatch(x: TensorLike, y: TensorLike): Promise<Logs> {
    const compiled = this.#core.needCompiled('trainOnBatch');
    this.#idle('trainOnBatch');
    const given = this.#core.dataset(x, y);
    const data = this.#gate.busy ? held(given) : given;
    // fit waits for steps that were called before it, and nobody may compile meanwhile
    return this.#gate.write(() => {
      this.#core.prepare(data.count, 0);
      const runner = this.#core.runner();
      const means = new Means(compiled);
      const batch = { data, order: undefined, from: 0, B: data.count };
      means.add(trainStep(runner, batch, compiled, 'in trainOnBatch'), runner, data.count);
      checkUpdated(runner, 'after trainOnBatch');
      return means.report();
    });
  }

  /** Names ('layer/weight') and shapes of the weights, in the order of getWeights. */
  get weightSpecs(): readonly WeightSpec[] {
    return weightSpecs(this.#core.needNetwork());
  }

  /** Copies of all weights, in the order and shapes of Keras (an LSTM's gates: i, f, c, o). */
  getWeights(): Tensor[] {
    return this.#core.getWeights();
  }

  /**
   * Replaces all weights; the optimizer's state stays. Beside a running fit it happens between
   * two of its steps.
   * @throws SluiceError 'bad-shape' or 'bad-data' that names the weight; then none is changed.
   */
  setWeights(weights: readonly TensorLike[]): void {
    this.#core.setWeights(weights);
    this.#weightsVersion++;
  }

  /** The number of weights. */
  countParams(): number {
    return countParameters(this.#core.needNetwork());
  }

  /** A table of layers, output shapes and parameters. */
  summary(): string {
    const title = `${this.name} (${this.numerics}, ${this.build})`;
    return summarize(title, this.#core.needNetwork());
  }

  /** The model without its weights as plain data; sequentialFromConfig takes it back. */
  getConfig(): ModelConfig {
    return {
      className: 'Sequential',
      name: this.name,
      seed: this.seed,
      numerics: this.numerics,
      inputShape: this.inputShape ? [...this.inputShape] : null,
      layers: this.layers.map(({ name, className, config }) => ({
        className,
        name,
        config: { ...config },
      })),
    };
  }

  /** Lets go of the model's memory. Every later use throws SluiceError 'disposed'. */
  dispose(): void {
    this.#core.dispose();
  }

  /** dispose, for `using model = sequential(...)`. */
  [disposal](): void {
    this.dispose();
  }

  /**
   * For model files; undefined before compile, and to be set after compile with its settings.
   * @internal
   */
  get [trainingState](): TrainingState | undefined {
    return this.#core.trainingState(this.#epochsDone);
  }

  /** @internal */
  set [trainingState](state: Pick<TrainingState, 'counters' | 'slots'>) {
    this.#core.restoreTraining(state);
    this.#epochsDone = state.counters.epochs;
  }

  /**
   * For tests and tools of this package: what a pass works with.
   * @internal
   */
  [internals](): Internals {
    return this.#core.open();
  }

  #idle(what: string): void {
    if (!this.#fitting) return;
    throw new SluiceError(
      'bad-option',
      `${what} was called while fit of the same model is running; await the first one`,
    );
  }

  #unread(what: string): void {
    if (!this.#gate.busy) return;
    throw new SluiceError(
      'bad-option',
      `${what} was called while predict or evaluate of the same model is running; await it first`,
    );
  }

  #weights(): Weights {
    const model = this;
    return {
      runner: () => model.#core.runner(),
      get weightsVersion() {
        return model.#weightsVersion;
      },
    };
  }

  #session(compiled: Compiled): Session {
    const model = this;
    return {
      model,
      seed: this.seed,
      compiled,
      gate: this.#gate,
      runner: () => model.#core.runner(),
      get weightsVersion() {
        return model.#weightsVersion;
      },
      get epochsDone() {
        return model.#epochsDone;
      },
      set epochsDone(count: number) {
        model.#epochsDone = count;
      },
    };
  }
}
