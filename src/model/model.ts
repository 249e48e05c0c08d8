// So that [Symbol.dispose] has a type in programs whose own `lib` does not know it.
/// <reference lib="esnext.disposable" preserve="true" />
import type { CallbackModel, Logs } from '../callbacks/callback.js';
import { closeEngine, type Engine, openEngine } from '../engine/engine.js';
import { type Build, loadModule, type Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import type { WeightSpec } from '../layers/node.js';
import { checkInputShape, type Shape } from '../layers/port.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { shown } from '../options.js';
import { seedWords } from '../random.js';
import type { Arrays } from './arrays.js';
import type { Batches } from './batches.js';
import { type Built, connect, type Internals, signatureOf } from './built.js';
import { compileConfig } from './compile-config.js';
import { type Compiled, type CompileOptions, checkCompileOptions } from './compile-options.js';
import { checkDataset, checkInputs, type Signature } from './dataset.js';
import { type BatchDataset, feedOf, isBatches } from './dataset-stream.js';
import { claimLayers, type Design } from './design.js';
import { evaluateAll, predictAll } from './evaluation.js';
import { BatchFeed, type Feed } from './feed.js';
import { checkLoss, checkOutputs } from './finite.js';
import {
  checkEvaluateOptions,
  checkFitDatasetOptions,
  checkFitOptions,
  checkPredictOptions,
  type EvaluateOptions,
  type FitDatasetOptions,
  type FitOptions,
  type FitSettings,
  type PredictOptions,
} from './fit-options.js';
import type { History } from './history.js';
import { type LayerInfo, layerInfos } from './layer-list.js';
import { Breather } from './macrotask.js';
import { Means } from './means.js';
import { configOf, type ModelConfig } from './model-config.js';
import { initializeWeights, readWeights, weightSpecs, writeWeights } from './parameters.js';
import type { Passes } from './passes.js';
import { checkAlone, isSamples, SampleBatches, type Samples } from './samples.js';
import { countParameters, summarize } from './summary.js';
import { type Tensor, type TensorLike, toTensor } from './tensor.js';
import { type Trainable, train } from './trainer.js';
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
 * Layers with weights in a Wasm memory of its own; made by sequential or model. It has an engine
 * from the start, a network once the shape of its input is known, weights once somebody wants
 * them, and nothing after dispose.
 *
 * `Out` is what predict gives: a tensor, or an array of them where there are several outputs.
 */
export class Model<Out extends Tensor | Tensor[] = Tensor | Tensor[]> implements CallbackModel {
  /** Set to true (from a callback) to end fit after the present batch, as in Keras. */
  stopTraining = false;
  /**
   * How inputs are made from raw data, or whatever else belongs to the model: plain data that
   * goes into its files and comes back out of them. As trustworthy as the file.
   */
  preprocessing: unknown;
  readonly #design: Design;
  readonly #infos: readonly LayerInfo[];
  readonly #build: Build;
  readonly #threads: number;
  readonly #gate = new WeightGate();
  #engine: Engine | undefined;
  #built: Built | undefined;
  #compiled: Compiled | undefined;
  #hasWeights = false;
  #fitting = false;

  /** @internal */
  constructor(design: Design) {
    this.#design = design;
    this.#infos = layerInfos(design.layers);
    const loaded = loadModule(design.numerics);
    this.#build = loaded.build;
    this.#engine = openEngine(loaded, design.threads);
    this.#threads = this.#engine.crew?.threads ?? 1;
    try {
      if (design.graph) this.#built = connect(design, design.graph, this.#engine);
      claimLayers(design);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The name it was given, or that of its kind: 'sequential', 'functional'. */
  get name(): string {
    return this.#design.name;
  }

  /** What weights, sample orders and dropout are drawn from. */
  get seed(): number {
    return this.#design.seed;
  }

  /** As it was asked for; `build` tells what runs. */
  get numerics(): Numerics {
    return this.#design.numerics;
  }

  /** The layers, from input to output. */
  get layers(): readonly LayerInfo[] {
    return this.#infos;
  }

  /**
   * Whether any of its layers learns. Setting it sets it for all layers, as in Keras; it holds from the
   * next compile on.
   * @throws SluiceError 'bad-option' unless it is true or false
   */
  get trainable(): boolean {
    return this.#infos.some(({ trainable }) => trainable);
  }

  /** For all layers at once. */
  set trainable(value: boolean) {
    for (const info of this.#infos) info.trainable = value;
  }

  /** Which kernels run: 'relaxed-simd' only with numerics 'fast', where the runtime has it. */
  get build(): Build {
    return this.#build;
  }

  /**
   * Threads that share its passes: as many as it was asked for, or one where the runtime has no more
   * (no shared memory, a page's main thread).
   */
  get threads(): number {
    return this.#threads;
  }

  /** Names of the inputs, by which x may be handed over; undefined until the shape is known. */
  get inputNames(): readonly string[] {
    return this.#needBuilt().network.inputs.map(({ name }) => name);
  }

  /** Names of the outputs, by which y, losses and metrics may be handed over. */
  get outputNames(): readonly string[] {
    return [...this.#design.endings.keys()];
  }

  /**
   * [features] or [timesteps, features] of a sample; undefined until known.
   * @throws SluiceError 'bad-option' where the model has several inputs: see inputShapes.
   */
  get inputShape(): Shape | undefined {
    return this.#only('inputShape', this.inputShapes);
  }

  /**
   * The shape of a sample's output; undefined until the input shape is known.
   * @throws SluiceError 'bad-option' where the model has several outputs: see outputShapes.
   */
  get outputShape(): Shape | undefined {
    return this.#only('outputShape', this.outputShapes);
  }

  /** The shape of a sample of each input; undefined until known. */
  get inputShapes(): readonly Shape[] | undefined {
    return this.#built?.network.inputs.map(({ port }) => port.shape);
  }

  /** The shape of a sample of each output; undefined until the input shape is known. */
  get outputShapes(): readonly Shape[] | undefined {
    return this.#built?.network.heads.map(({ port }) => port.shape);
  }

  /** Bytes of the model's WebAssembly memory; 0 after dispose. */
  get memoryBytes(): number {
    return this.#engine?.memory.bytes ?? 0;
  }

  /**
   * The one of the last compile. Setting its `learningRate` holds from the next step on.
   * @throws SluiceError 'bad-option' before compile
   */
  get optimizer(): Optimizer {
    return this.#needCompiled('optimizer').optimizer;
  }

  /** Updates by the present optimizer. */
  get optimizerSteps(): number {
    return this.#built?.passes.counters.optimizerSteps ?? 0;
  }

  /**
   * Settles how the model learns. Calling it again starts the optimizer afresh. Which layers learn is
   * settled when training begins for the first time afterwards: those that are `trainable` then, as
   * in Keras.
   * @throws SluiceError 'bad-option'
   */
  compile(options: CompileOptions): void {
    this.#alive();
    this.#idle('compile');
    this.#unread('compile');
    const compiled = checkCompileOptions(options, this.#design.endings);
    this.#compiled = compiled;
    this.#built?.passes.compile(compiled);
  }

  /**
   * Trains on x [n, ...inputShape] and y [n, ...outputShape], or on Samples that bring their targets
   * along. A model of several inputs or outputs
   * takes arrays in their order, or objects by their names. Calling it again goes on:
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
  async fit(x: Arrays | Samples, y?: Arrays, options: FitOptions = {}): Promise<History> {
    const compiled = this.#needCompiled('fit');
    const settings = checkFitOptions(options);
    this.#idle('fit');
    const built = this.#builtFor(x);
    const { batchSize, validationData, validationSplit, sampleWeight } = settings;
    const all = this.#batches(built, '', x, y, sampleWeight).held();
    const [data, heldOut] = validationSplit > 0 ? splitOff(all, validationSplit) : [all, undefined];
    const validation = validationData ? this.#validation(built, validationData) : heldOut;
    // all memory up front: no growth in the middle of training
    const count = validation?.count ?? 0;
    this.#prepare(built, Math.min(batchSize, data.count), Math.min(batchSize, count));
    const feed = new BatchFeed(data, batchSize);
    const judge = validation && new BatchFeed(validation, batchSize);
    return await this.#train(compiled, feed, judge, settings);
  }

  /**
   * Trains on batches that come one after the other, each a step: from a file, a network, or made
   * as they go. Everything else is as in fit. The dataset is gone through once each epoch; a batch
   * is asked for when the step before it is done, and is checked as fit checks its data.
   * @throws SluiceError as fit does, naming the batch; 'bad-data' where an epoch brings none
   */
  async fitDataset(dataset: BatchDataset, options: FitDatasetOptions = {}): Promise<History> {
    const compiled = this.#needCompiled('fitDataset');
    const settings = checkFitDatasetOptions(options);
    this.#idle('fitDataset');
    const built = this.#needBuilt();
    const feed = feedOf('the dataset', dataset, this.#signature(built));
    const judge = this.#judge(built, settings.validationData);
    return await this.#train(compiled, feed, judge, settings);
  }

  #judge(built: Built, given: FitDatasetOptions['validationData']): Feed | undefined {
    if (given === undefined) return undefined;
    const subject = 'validationData';
    if (isBatches(given)) return feedOf(subject, given, this.#signature(built));
    if (!isSamples(given) && !(Array.isArray(given) && given.length >= 2 && given.length <= 3)) {
      throw new SluiceError(
        'bad-option',
        `fitDataset: ${subject} must be batches { xs, ys }, [x, y] or Samples, but is ${shown(given)}`,
      );
    }
    return new BatchFeed(this.#validation(built, given), 32);
  }

  #validation(built: Built, given: NonNullable<FitOptions['validationData']>): Batches {
    const [x, y, weights] = isSamples(given) ? [given] : given;
    return this.#batches(built, 'validationData ', x, y, weights).held();
  }

  async #train(
    compiled: Compiled,
    feed: Feed,
    judge: Feed | undefined,
    settings: FitSettings,
  ): Promise<History> {
    this.#fitting = true;
    try {
      return await train(this.#trainable(compiled), feed, judge, settings);
    } finally {
      this.#fitting = false;
    }
  }

  /**
   * Loss and metrics, by name, as means over the samples of x and y, all by one set of weights;
   * see predict.
   * @throws SluiceError as fit does
   */
  async evaluate(x: Arrays | Samples, y?: Arrays, options: EvaluateOptions = {}): Promise<Logs> {
    const compiled = this.#needCompiled('evaluate');
    const { batchSize, sampleWeight } = checkEvaluateOptions(options);
    const built = this.#builtFor(x);
    const data = this.#batches(built, '', x, y, sampleWeight);
    this.#prepare(built, 0, Math.min(batchSize, data.count));
    return await this.#evaluate('evaluate', compiled, new BatchFeed(data, batchSize));
  }

  /**
   * evaluate for batches as fitDataset takes them.
   * @throws SluiceError as fitDataset does
   */
  async evaluateDataset(dataset: BatchDataset): Promise<Logs> {
    const compiled = this.#needCompiled('evaluateDataset');
    const signature = this.#signature(this.#needBuilt());
    const feed = feedOf('the dataset', dataset, signature);
    return await this.#evaluate('evaluateDataset', compiled, feed);
  }

  async #evaluate(what: string, compiled: Compiled, feed: Feed): Promise<Logs> {
    const means = await this.#gate.read(() =>
      evaluateAll(this.#readable, compiled, feed, undefined, new Breather()),
    );
    const logs = means.report();
    checkLoss(what, logs.loss);
    return logs;
  }

  /**
   * Outputs [n, ...outputShape] for x [n, ...inputShape]; the same bits whatever the batchSize.
   * An array of them where the model has several outputs.
   *
   * All come from one set of weights: training steps wait until predict is done, and setWeights
   * meanwhile makes it begin again. x may be changed or transferred as soon as predict was
   * called: a Float32Array is copied when the pass takes longer than one turn of 50 ms.
   * @throws SluiceError 'bad-shape', 'bad-data', 'memory-limit', 'disposed', 'not-finite' that
   * names the sample (and time step) whose output left float32
   */
  async predict(x: Arrays | Samples, options: PredictOptions = {}): Promise<Out> {
    const { batchSize } = checkPredictOptions(options);
    const built = this.#builtFor(x);
    const data = isSamples(x)
      ? new SampleBatches(x, this.#signature(built), 'x')
      : checkInputs('x', x, this.#signature(built));
    const { count } = data;
    this.#prepare(built, 0, Math.min(batchSize, count));
    const shapes = built.network.heads.map(({ port }) => port.shape);
    const arrays = await this.#gate.read(() => predictAll(this.#readable, data, shapes, batchSize));
    const outputs = arrays.map((array, i) => ({ data: array, shape: [count, ...shapes[i]] }));
    for (const output of outputs) checkOutputs('predict', output);
    return (this.#design.severalOutputs ? outputs : outputs[0]) as Out;
  }

  /**
   * One training step over all of x and y; returns its loss and metrics. sampleWeight is that of
   * fit. It waits for a predict
   * or evaluate of the same model that is under way, and a fit called meanwhile waits for it.
   * @throws SluiceError as fit does
   */
  async trainOnBatch(x: Arrays, y: Arrays, sampleWeight?: Arrays): Promise<Logs> {
    const compiled = this.#needCompiled('trainOnBatch');
    this.#idle('trainOnBatch');
    const built = this.#builtFor(x);
    const given = this.#batches(built, '', x, y, sampleWeight);
    const data = this.#gate.busy ? given.held() : given;
    // fit waits for steps that were called before it, and nobody may compile meanwhile
    return this.#gate.write(() => {
      this.#prepare(built, data.count, 0);
      const passes = this.#passes();
      const means = new Means(compiled);
      const batch = { data, order: undefined, from: 0, B: data.count };
      means.add(trainStep(passes, batch, compiled, 'in trainOnBatch'), passes, data.count);
      checkUpdated(passes, 'after trainOnBatch');
      return means.report();
    });
  }

  /** Names ('layer/weight') and shapes of the weights, in the order of getWeights. */
  get weightSpecs(): readonly WeightSpec[] {
    return weightSpecs(this.#needBuilt().network);
  }

  /** Copies of all weights, in the order and shapes of Keras (an LSTM's gates: i, f, c, o). */
  getWeights(): Tensor[] {
    const { network, workspace, kernels, memory } = this.#open();
    return readWeights(network, kernels, memory, workspace.parameters, workspace.transfer());
  }

  /**
   * Replaces all weights; the optimizer's state stays. Beside a running fit it happens between
   * two of its steps.
   * @throws SluiceError 'bad-shape' or 'bad-data' that names the weight; then none is changed.
   */
  setWeights(weights: readonly TensorLike[]): void {
    const { network, workspace, passes } = this.#needBuilt();
    const { kernels, memory } = this.#alive();
    const transfer = workspace.transfer();
    writeWeights(network, kernels, memory, workspace.parameters, transfer, weights);
    passes.stateWasReplaced();
    this.#hasWeights = true;
    this.#gate.version++;
  }

  /** The number of weights. */
  countParams(): number {
    return countParameters(this.#needBuilt().network);
  }

  /** A table of layers, output shapes and parameters. */
  summary(): string {
    const title = `${this.name} (${this.numerics}, ${this.build})`;
    return summarize(title, this.#needBuilt().network);
  }

  /** The model without its weights as plain data; modelFromConfig takes it back. */
  getConfig(): ModelConfig {
    this.#alive();
    return configOf(this.#design, this.#built?.network.graph);
  }

  /** Lets go of the model's memory. Every later use throws SluiceError 'disposed'. */
  dispose(): void {
    if (this.#engine) closeEngine(this.#engine);
    this.#engine = undefined;
    this.#built = undefined;
    this.#compiled = undefined;
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
    if (!this.#compiled || !this.#built) return undefined;
    const { passes } = this.#built;
    return {
      compiled: compileConfig(this.#compiled),
      counters: { ...passes.counters },
      slots: passes.readSlots(),
    };
  }

  /** @internal */
  set [trainingState]({ counters, slots }: Pick<TrainingState, 'counters' | 'slots'>) {
    this.#idle('loadState');
    const { passes } = this.#needBuilt();
    const { optimizerSteps, steps, epochs } = counters;
    Object.assign(passes.counters, { optimizerSteps, steps, epochs });
    passes.restoreSlots(slots);
  }

  /**
   * For tests and tools of this package: what a pass works with.
   * @internal
   */
  [internals](): Internals {
    return this.#open();
  }

  #only<T>(property: string, all: readonly T[] | undefined): T | undefined {
    if (!all || all.length === 1) return all?.[0];
    throw new SluiceError(
      'bad-option',
      `model '${this.name}' has several of them, so ${property} has no answer; see ${property}s`,
    );
  }

  /** @throws SluiceError 'disposed' */
  #alive(): Engine {
    if (this.#engine) return this.#engine;
    throw new SluiceError(
      'disposed',
      `model '${this.name}' was disposed of and cannot be used any more; make a new one`,
    );
  }

  /** @throws SluiceError 'bad-option' before compile */
  #needCompiled(what: string): Compiled {
    this.#alive();
    if (this.#compiled) return this.#compiled;
    throw new SluiceError(
      'bad-option',
      `${what} needs an optimizer and a loss: call model.compile({ optimizer, loss }) first`,
    );
  }

  /** @throws SluiceError 'bad-option' while the input shape is not known */
  #needBuilt(): Built {
    this.#alive();
    if (this.#built) return this.#built;
    throw new SluiceError(
      'bad-option',
      `model '${this.name}' has no weights yet, for it does not know its input shape; give the ` +
        'first layer an inputShape, or call fit first',
    );
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

  #batches(
    built: Built,
    prefix: string,
    x: Arrays | Samples,
    y?: Arrays,
    weights?: Arrays,
  ): Batches {
    const signature = this.#signature(built);
    if (!isSamples(x)) return checkDataset(prefix, x, y as Arrays, weights, signature);
    checkAlone(prefix, y, weights);
    return new SampleBatches(x, signature, `${prefix}x`);
  }

  #signature({ network }: Built): Signature {
    return signatureOf(this.#design, network, this.#compiled);
  }

  /**
   * A model without inputShape takes it from x; it keeps it once `#prepare` is done too, the last
   * check of a call.
   */
  #builtFor(x: Arrays | Samples): Built {
    const engine = this.#alive();
    if (this.#built || isSamples(x)) return this.#needBuilt();
    const shape = toTensor('x', x as TensorLike).shape.slice(1);
    const settled = checkInputShape('x, which settles the first layer', shape);
    const built = connect(this.#design, this.#design.graphFor(settled), engine);
    if (this.#compiled) built.passes.compile(this.#compiled);
    return built;
  }

  /**
   * Plans all memory for passes over that many samples, and does so before weights are drawn:
   * a model that cannot train must not take a minute to say so. 0: no such pass.
   * @throws SluiceError 'memory-limit'
   */
  #prepare(built: Built, trainingBatch: number, inferenceBatch: number): void {
    if (trainingBatch > 0) built.passes.prepareTraining(trainingBatch);
    if (inferenceBatch > 0) built.passes.prepareInference(inferenceBatch);
    this.#built = built;
  }

  /** Everything a pass needs. Weights are drawn here first: a loaded model never draws any. */
  #open(): Internals {
    const built = this.#needBuilt();
    const engine = this.#alive();
    if (!this.#hasWeights) {
      const { parameters } = built.workspace;
      const transfer = built.workspace.transfer();
      initializeWeights(built.network, engine.kernels, parameters, transfer, seedWords(this.seed));
      this.#hasWeights = true;
    }
    return { ...engine, ...built };
  }

  #passes(): Passes {
    return this.#built && this.#hasWeights ? this.#built.passes : this.#open().passes;
  }

  get #readable() {
    return { passes: () => this.#passes(), gate: this.#gate };
  }

  #trainable(compiled: Compiled): Trainable {
    return { ...this.#readable, model: this, seed: this.seed, compiled };
  }
}
