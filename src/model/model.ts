// So that [Symbol.dispose] has a type in programs whose own `lib` does not know it.
/// <reference lib="esnext.disposable" preserve="true" />
import type { CallbackModel, Logs } from '../callbacks/callback.js';
import type { Build, Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import type { WeightSpec } from '../layers/node.js';
import type { Shape } from '../layers/port.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { Arrays } from './arrays.js';
import type { Internals } from './built.js';
import type { ClassWeight } from './class-weight.js';
import { compileConfig } from './compile-config.js';
import type { CompileOptions } from './compile-options.js';
import type { BatchDataset } from './dataset-stream.js';
import { type Decoded, decode } from './decode.js';
import type { DecodeOptions } from './decode-options.js';
import type { Design } from './design.js';
import type {
  EvaluateDatasetOptions,
  EvaluateOptions,
  FitDatasetOptions,
  FitOptions,
  PredictOptions,
} from './fit-options.js';
import { fitArrays, fitDataset, trainOnBatch } from './fitting.js';
import type { History } from './history.js';
import { evaluate, evaluateDataset, predict } from './judging.js';
import { type LayerInfo, layerInfos, layerNamed } from './layer-list.js';
import { configOf, type ModelConfig } from './model-config.js';
import { readWeights, weightSpecs } from './parameters.js';
import type { Samples } from './samples.js';
import { Stages } from './stages.js';
import { type ModelStream, openStream, type StreamOptions } from './stream.js';
import { countParameters, summarize } from './summary.js';
import type { Tensor, TensorLike } from './tensor.js';
import type { TrainingPoint, TrainingState } from './training-state.js';

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
  readonly #infos: readonly LayerInfo[];
  readonly #stages: Stages;

  /** @internal */
  constructor(design: Design) {
    this.#infos = layerInfos(design.layers, (name) => this.#stages.resetStates(name));
    this.#stages = new Stages(design);
  }

  /** The name it was given, or that of its kind: 'sequential', 'functional'. */
  get name(): string {
    return this.#stages.design.name;
  }

  /** What weights, sample orders and dropout are drawn from. */
  get seed(): number {
    return this.#stages.design.seed;
  }

  /** As it was asked for; `build` tells what runs. */
  get numerics(): Numerics {
    return this.#stages.design.numerics;
  }

  /** The layers, from input to output. */
  get layers(): readonly LayerInfo[] {
    return this.#infos;
  }

  /**
   * The layer of that name, or at that place among `layers`: to freeze it, say.
   * @throws SluiceError 'bad-option' that lists the layers where there is none
   */
  getLayer(nameOrIndex: string | number): LayerInfo {
    return layerNamed(this.#infos, nameOrIndex);
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
    return this.#stages.build;
  }

  /**
   * Threads that share its passes: as many as it was asked for, or one where the runtime has no more
   * (no shared memory, a page's main thread, no leave to start workers), or one of them has ended.
   */
  get threads(): number {
    return this.#stages.threads;
  }

  /** Names of the inputs, by which x may be handed over; undefined until the shape is known. */
  get inputNames(): readonly string[] {
    return this.#stages.needBuilt().network.inputs.map(({ name }) => name);
  }

  /** Names of the outputs, by which y, losses and metrics may be handed over. */
  get outputNames(): readonly string[] {
    return [...this.#stages.design.endings.keys()];
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
    return this.#stages.built?.network.inputs.map(({ port }) => port.shape);
  }

  /** The shape of a sample of each output; undefined until the input shape is known. */
  get outputShapes(): readonly Shape[] | undefined {
    return this.#stages.built?.network.heads.map(({ port }) => port.shape);
  }

  /** Bytes of the model's WebAssembly memory; 0 after dispose. */
  get memoryBytes(): number {
    return this.#stages.memoryBytes;
  }

  /**
   * The one of the last compile. Setting its `learningRate` holds from the next step on.
   * @throws SluiceError 'bad-option' before compile
   */
  get optimizer(): Optimizer {
    return this.#stages.needCompiled('optimizer').optimizer;
  }

  /** Updates by the present optimizer. */
  get optimizerSteps(): number {
    return this.#stages.built?.passes.counters.optimizerSteps ?? 0;
  }

  /**
   * Settles how the model learns. Calling it again starts the optimizer afresh. Which layers learn is
   * settled when training begins for the first time afterwards: those that are `trainable` then, as
   * in Keras.
   * @throws SluiceError 'bad-option'
   */
  compile(options: CompileOptions): void {
    this.#stages.compile(options);
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
  fit(x: Arrays | Samples, y?: Arrays, options: FitOptions = {}): Promise<History> {
    const stages = this.#stages;
    return stages.shared(() => fitArrays({ model: this, stages }, x, y, options));
  }

  /**
   * Trains on batches that come one after the other, each a step: from a file, a network, or made
   * as they go. Everything else is as in fit. The dataset is gone through once each epoch; a batch
   * is asked for when the step before it is done, and is checked as fit checks its data.
   * @throws SluiceError as fit does, naming the batch; 'bad-data' where an epoch brings none
   */
  fitDataset(dataset: BatchDataset, options: FitDatasetOptions = {}): Promise<History> {
    const stages = this.#stages;
    return stages.shared(() => fitDataset({ model: this, stages }, dataset, options));
  }

  /**
   * Loss and metrics, by name, as means over the samples of x and y, all by one set of weights;
   * see predict.
   * @throws SluiceError as fit does
   */
  evaluate(x: Arrays | Samples, y?: Arrays, options: EvaluateOptions = {}): Promise<Logs> {
    return this.#stages.shared(() => evaluate(this.#stages, x, y, options));
  }

  /**
   * evaluate for batches as fitDataset takes them. While it runs the model does not train: fit, fitDataset and
   * trainOnBatch are refused, for they would wait for a stream that may wait for them. Nor is the stream gone through
   * twice: setWeights meanwhile ends the call with an error.
   * @throws SluiceError as fitDataset does; 'aborted' by its signal
   */
  evaluateDataset(dataset: BatchDataset, options: EvaluateDatasetOptions = {}): Promise<Logs> {
    return this.#stages.shared(() => evaluateDataset(this.#stages, dataset, options));
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
    const outputs = await this.#stages.shared(() => predict(this.#stages, x, options));
    return (this.#stages.design.severalOutputs ? outputs : outputs[0]) as Out;
  }

  /**
   * Inference step by step, for data that come one time step after the other: each step goes on from
   * the state that the one before has left, at the cost of one step. A model may have several streams; each
   * has a state of its own, and all compute with the weights that the model has at that moment.
   * @throws SluiceError 'bad-option' for a model without a time axis, or whose sequences differ in
   * their steps; 'bad-shape' and 'bad-data' for states that do not fit; 'memory-limit', 'disposed'
   */
  stream(options: StreamOptions = {}): ModelStream {
    return openStream(this.#stages, options);
  }

  /**
   * What the model says, token by token: its first output, a softmax at each step, is a distribution over the next token,
   * and what is chosen goes into the decoder's input, the last one unless `decoderInput` names another. What reads the
   * other inputs runs once; states go on from step to step, so that no prefix is read again.
   * @param x the inputs but the decoder's, [n, ...] each, as predict takes them; [] where there is no other: one sequence.
   * @returns what it says of each of the n.
   * @throws SluiceError 'bad-option' for options that do not hold, and for a decoder that looks at tokens to come;
   * 'bad-shape', 'bad-data', 'memory-limit', 'not-finite', 'disposed'
   */
  decode(x: Arrays, options: DecodeOptions): Promise<Decoded[]> {
    return this.#stages.shared(() => decode(this.#stages, x, options));
  }

  /**
   * One training step over all of x and y; returns its loss and metrics. sampleWeight and classWeight are those of
   * fit. It waits for a predict
   * or evaluate of the same model that is under way, and a fit called meanwhile waits for it.
   * @throws SluiceError as fit does
   */
  trainOnBatch(
    x: Arrays,
    y: Arrays,
    sampleWeight?: Arrays,
    classWeight?: ClassWeight,
  ): Promise<Logs> {
    return this.#stages.shared(() => trainOnBatch(this.#stages, x, y, sampleWeight, classWeight));
  }

  /**
   * Stateful layers begin at zero again, and batches may have another size: to be called where what comes next goes on
   * from nothing, between epochs say (in onEpochEnd). A model without stateful layers stays as it is.
   * @throws SluiceError 'disposed'
   */
  resetStates(): void {
    this.#stages.resetStates();
  }

  /** Names ('layer/weight') and shapes of the weights, in the order of getWeights. */
  get weightSpecs(): readonly WeightSpec[] {
    return weightSpecs(this.#stages.needBuilt().network);
  }

  /** Copies of all weights, in the order and shapes of Keras (an LSTM's gates: i, f, c, o). */
  getWeights(): Tensor[] {
    const { network, workspace, kernels, memory } = this.#stages.open();
    return readWeights(network, kernels, memory, workspace.parameters, workspace.transfer());
  }

  /**
   * Replaces all weights; the optimizer's state stays. Beside a running fit it happens between
   * two of its steps.
   * @throws SluiceError 'bad-shape' or 'bad-data' that names the weight; then none is changed.
   */
  setWeights(weights: readonly TensorLike[]): void {
    this.#stages.setWeights(weights);
  }

  /** The number of weights. */
  countParams(): number {
    return countParameters(this.#stages.needBuilt().network);
  }

  /**
   * A table of layers, output shapes and parameters; of what each layer is called on where the graph is no chain, and
   * of which layers learn where some are frozen.
   */
  summary(): string {
    const title = `${this.name} (${this.numerics}, ${this.build})`;
    return summarize(title, this.#stages.needBuilt().network);
  }

  /** The model without its weights as plain data; modelFromConfig takes it back. */
  getConfig(): ModelConfig {
    this.#stages.alive();
    return configOf(this.#stages.design, this.#stages.built?.network.graph);
  }

  /** Lets go of the model's memory. Every later use throws SluiceError 'disposed'. */
  dispose(): void {
    this.#stages.end();
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
    const { compiled, built } = this.#stages;
    if (!compiled || !built) return undefined;
    const { passes } = built;
    return {
      compiled: compileConfig(compiled),
      counters: { ...passes.counters },
      slots: passes.readSlots(),
      states: passes.states,
    };
  }

  /** @internal */
  set [trainingState]({ weights, counters, slots, states }: TrainingPoint) {
    this.#stages.idle('loadState');
    const { passes } = this.#stages.needBuilt();
    this.setWeights(weights);
    const { optimizerSteps, steps, epochs } = counters;
    Object.assign(passes.counters, { optimizerSteps, steps, epochs });
    passes.restoreSlots(slots);
    passes.states?.write(states);
  }

  /**
   * For tests and tools of this package: what a pass works with.
   * @internal
   */
  [internals](): Internals {
    return this.#stages.open();
  }

  #only<T>(property: string, all: readonly T[] | undefined): T | undefined {
    if (!all || all.length === 1) return all?.[0];
    throw new SluiceError(
      'bad-option',
      `model '${this.name}' has several of them, so ${property} has no answer; see ${property}s`,
    );
  }
}
