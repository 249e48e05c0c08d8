// So that [Symbol.dispose] has a type in programs whose own `lib` does not know it.
/// <reference lib="esnext.disposable" preserve="true" />
import type { CallbackModel } from '../callbacks/callback.js';
import type { Build, Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import { floatsOf, type Layer, type Shape, type WeightSpec } from '../layers/layer.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { checkChoice, checkKeys, checkName } from '../options.js';
import { type CompileOptions, checkCompileOptions } from './compile-options.js';
import { type Internals, ModelCore } from './core.js';
import { checkLoss, checkOutputs } from './finite.js';
import { checkBatchSize, checkFitOptions, type FitOptions } from './fit-options.js';
import { checkLayers, layerNames } from './layer-list.js';
import { Breather } from './macrotask.js';
import { Means } from './means.js';
import type { ModelConfig } from './model-config.js';
import { weightSpecs } from './parameters.js';
import type { Compiled } from './runner.js';
import { countParameters, summarize } from './summary.js';
import type { Tensor, TensorLike } from './tensor.js';
import { evaluate, type History, type Session, train, trainStep } from './trainer.js';
import type { TrainingState } from './training-state.js';
import { splitOff } from './validation.js';

/** Options of sequential. */
export interface SequentialOptions {
  /**
   * From input to output, at least one. The first has an inputShape, or the first x settles it.
   * Required.
   */
  layers: readonly Layer[];
  /** Settles initial weights, sample order and dropout: an integer from 0 to 2^53 - 1. Default 0. */
  seed?: number | undefined;
  /** 'fast' (default): fused multiply-add where there is one; 'portable': the same bits everywhere. */
  numerics?: Numerics | undefined;
  /** Names the model in summary and errors; not empty. Default 'sequential'. */
  name?: string | undefined;
}

/** Safari has no Symbol.dispose yet; there a polyfill may bring one, before this is loaded. */
const disposal: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** The way to a model's insides for the tests of this package; not exported from it. */
export const internals = Symbol('sluice internals');

/** The way for model files to what training goes on from; not exported from the package. */
export const trainingState = Symbol('sluice training state');

/** Options of evaluate and predict. */
export interface EvaluateOptions {
  /**
   * Samples a step, an integer from 1; settles memory and speed, not the outcome of predict.
   * Default 32.
   */
  batchSize?: number | undefined;
}

/** A description of a layer in the model. */
export interface LayerInfo {
  /** Its own name, or one made of its class: 'lstm', 'lstm_1' ... */
  readonly name: string;
  /** 'LSTM', 'Dense' or 'Dropout'. */
  readonly className: string;
  /** The options of its function, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
}

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
  /** The name it was given, or "sequential". */
  readonly name: string;
  /** What weights, sample orders and dropout are drawn from. */
  readonly seed: number;
  /** As it was asked for; `build` tells what runs. */
  readonly numerics: Numerics;
  /** The layers, from input to output. */
  readonly layers: readonly LayerInfo[];
  /** Set to true (from a callback) to end fit after the present epoch. */
  stopTraining = false;
  /**
   * How inputs are made from raw data, or whatever else belongs to the model: plain data that
   * goes into its files and comes back out of them. As trustworthy as the file.
   */
  preprocessing: unknown;
  readonly #layers: readonly Layer[];
  readonly #core: ModelCore;
  #epochsDone = 0;
  #fitting = false;

  constructor(options: SequentialOptions) {
    checkKeys('sequential', options, ['layers', 'seed', 'numerics', 'name']);
    this.#layers = checkLayers(options.layers);
    this.name = checkName('sequential', options.name) ?? 'sequential';
    this.seed = options.seed ?? 0;
    this.numerics = options.numerics ?? 'fast';
    checkChoice('sequential', 'numerics', this.numerics, ['fast', 'portable']);
    const names = layerNames(this.#layers);
    this.layers = this.#layers.map(({ className, config }, i) => ({
      name: names[i],
      className,
      config,
    }));
    this.#core = new ModelCore(this.name, this.#layers, names, this.seed, this.numerics);
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
    this.#core.compile(checkCompileOptions(options, this.#layers));
  }

  /**
   * Trains on x [n, ...inputShape] and y [n, ...outputShape]. Calling it again goes on:
   * optimizer state, sample orders and dropout masks continue.
   *
   * After an error ('aborted', 'not-finite', one thrown by a callback) the model stands as the
   * last finished step left it and can be used; onTrainEnd has not been called. 'not-finite' is
   * thrown before the step that would make weights infinite, or once a loss is not finite.
   * @throws SluiceError 'bad-option', 'bad-shape', 'bad-data', 'memory-limit', 'not-finite',
   * 'aborted', 'disposed'
   */
  async fit(x: TensorLike, y: TensorLike, options: FitOptions = {}): Promise<History> {
    const compiled = this.#core.needCompiled('fit');
    const settings = checkFitOptions(options);
    this.#idle('fit');
    const all = this.#core.dataset('', x, y);
    const { validationData, validationSplit } = settings;
    const [data, heldOut] = validationSplit > 0 ? splitOff(all, validationSplit) : [all, undefined];
    const validation = validationData
      ? this.#core.dataset('validationData ', validationData[0], validationData[1])
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
   * Loss and metrics, by name, as means over the samples of x and y.
   * @throws SluiceError as fit does
   */
  async evaluate(
    x: TensorLike,
    y: TensorLike,
    options: EvaluateOptions = {},
  ): Promise<Record<string, number>> {
    const compiled = this.#core.needCompiled('evaluate');
    checkKeys('evaluate', options, ['batchSize']);
    const batchSize = checkBatchSize('evaluate', options.batchSize);
    const data = this.#core.dataset('', x, y);
    this.#core.prepare(0, Math.min(batchSize, data.count));
    const session = this.#session(compiled);
    const means = await evaluate(session, data, batchSize, undefined, new Breather());
    const logs = means.report({});
    checkLoss('evaluate', logs.loss);
    return logs;
  }

  /**
   * Outputs [n, ...outputShape] for x [n, ...inputShape]; the same bits whatever the batchSize.
   * @throws SluiceError 'bad-shape', 'bad-data', 'memory-limit', 'disposed', 'not-finite' that
   * names the sample (and time step) whose output left float32
   */
  async predict(x: TensorLike, options: EvaluateOptions = {}): Promise<Tensor> {
    checkKeys('predict', options, ['batchSize']);
    const batchSize = checkBatchSize('predict', options.batchSize);
    const input = this.#core.input(x);
    const count = input.shape[0];
    this.#core.prepare(0, Math.min(batchSize, count));
    const { outputShape } = this.#core.needNetwork();
    const data = new Float32Array(count * floatsOf(outputShape));
    const breather = new Breather();
    for (let from = 0; from < count; from += batchSize) {
      const B = Math.min(batchSize, count - from);
      this.#core.runner().predict(input.data, from, B, data);
      if (breather.due) await breather.breathe();
    }
    const outputs = { data, shape: [count, ...outputShape] };
    checkOutputs('predict', outputs);
    return outputs;
  }

  /**
   * One training step over all of x and y; returns its loss and metrics.
   * @throws SluiceError as fit does
   */
  async trainOnBatch(x: TensorLike, y: TensorLike): Promise<Record<string, number>> {
    const compiled = this.#core.needCompiled('trainOnBatch');
    this.#idle('trainOnBatch');
    const data = this.#core.dataset('', x, y);
    this.#core.prepare(data.count, 0);
    const runner = this.#core.runner();
    const means = new Means(compiled);
    const batch = { data, order: undefined, from: 0, B: data.count };
    means.add(trainStep(runner, batch, compiled, 'in trainOnBatch'), runner, data.count);
    return means.report({});
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
   * Replaces all weights; the optimizer's state stays.
   * @throws SluiceError 'bad-shape' or 'bad-data' that names the weight; then none is changed.
   */
  setWeights(weights: readonly TensorLike[]): void {
    this.#core.setWeights(weights);
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

  /** For model files; undefined before compile, and to be set after compile with its settings. */
  get [trainingState](): TrainingState | undefined {
    return this.#core.trainingState(this.#epochsDone);
  }

  set [trainingState](state: Pick<TrainingState, 'counters' | 'slots'>) {
    this.#core.restoreTraining(state);
    this.#epochsDone = state.counters.epochs;
  }

  /** For tests and tools of this package: what a pass works with. */
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

  #session(compiled: Compiled): Session {
    const model = this;
    return {
      model,
      seed: this.seed,
      compiled,
      runner: () => model.#core.runner(),
      get epochsDone() {
        return model.#epochsDone;
      },
      set epochsDone(count: number) {
        model.#epochsDone = count;
      },
    };
  }
}
