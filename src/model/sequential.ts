import type { CallbackModel } from '../callbacks/callback.js';
import { instantiateKernels, type Kernels } from '../engine/kernels.js';
import { EngineMemory } from '../engine/memory.js';
import { type Build, loadModule, type Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import {
  checkInputShape,
  floatsOf,
  type Layer,
  type Shape,
  type WeightSpec,
} from '../layers/layer.js';
import { checkChoice, checkKeys, checkName } from '../options.js';
import { seedWords } from '../random.js';
import { type CompileOptions, checkCompileOptions } from './compile-options.js';
import { checkDataset, checkInput, type Dataset, type Signature } from './dataset.js';
import { checkBatchSize, checkFitOptions, type FitOptions } from './fit-options.js';
import { checkLayers, layerNames } from './layer-list.js';
import { Breather } from './macrotask.js';
import { Means } from './means.js';
import type { ModelConfig } from './model-config.js';
import { Network } from './network.js';
import { initializeWeights, readWeights, weightSpecs, writeWeights } from './parameters.js';
import { type Compiled, Runner } from './runner.js';
import { countParameters, summarize } from './summary.js';
import { type Tensor, type TensorLike, toTensor } from './tensor.js';
import { evaluate, type History, type Session, train, trainStep } from './trainer.js';
import { splitOff } from './validation.js';
import { Workspace } from './workspace.js';

export interface SequentialOptions {
  /** From input to output. The first needs an inputShape, or the first x settles it. */
  layers: readonly Layer[];
  /** Settles initial weights, sample order and dropout: an integer from 0 to 2^53 - 1. Default 0. */
  seed?: number;
  /** 'fast' (default): fused multiply-add where there is one; 'portable': the same bits everywhere. */
  numerics?: Numerics;
  name?: string;
}

/** What becomes of a model once it knows its input shape. */
interface Built {
  readonly network: Network;
  readonly workspace: Workspace;
  readonly runner: Runner;
  hasWeights: boolean;
}

interface Engine {
  readonly kernels: Kernels;
  readonly memory: EngineMemory;
}

export type Internals = Engine & Built;

/** The way to a model's insides for the tests of this package; not exported from it. */
export const internals = Symbol('sluice internals');

export interface EvaluateOptions {
  /** Samples a step; settles memory and speed, not the outcome of predict. Default 32. */
  batchSize?: number;
}

/** A description of a layer in the model. */
export interface LayerInfo {
  readonly name: string;
  readonly className: string;
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

export class Sequential implements CallbackModel {
  readonly name: string;
  readonly seed: number;
  readonly numerics: Numerics;
  /** Which kernels run: 'relaxed-simd' only with numerics 'fast', where the runtime has it. */
  readonly build: Build;
  readonly layers: readonly LayerInfo[];
  /** Set to true (from a callback) to end fit after the present epoch. */
  stopTraining = false;
  readonly #layers: readonly Layer[];
  #engine: Engine | undefined;
  #built: Built | undefined;
  #compiled: Compiled | undefined;
  #epochsDone = 0;
  #fitting = false;

  constructor(options: SequentialOptions) {
    checkKeys('sequential', options, ['layers', 'seed', 'numerics', 'name']);
    this.#layers = checkLayers(options.layers);
    this.name = checkName('sequential', options.name) ?? 'sequential';
    this.seed = options.seed ?? 0;
    seedWords(this.seed);
    this.numerics = options.numerics ?? 'fast';
    checkChoice('sequential', 'numerics', this.numerics, ['fast', 'portable']);
    const names = layerNames(this.#layers);
    this.layers = this.#layers.map(({ className, config }, i) => ({
      name: names[i],
      className,
      config,
    }));
    const { module, build } = loadModule(this.numerics);
    this.build = build;
    const kernels = instantiateKernels(module);
    this.#engine = { kernels, memory: new EngineMemory(kernels.memory) };
    const { inputShape } = this.#layers[0];
    if (inputShape) this.#build(inputShape);
  }

  /** [features] or [timesteps, features] of a sample; undefined until known. */
  get inputShape(): Shape | undefined {
    return this.#built?.network.inputShape;
  }

  /** The shape of a sample's output; undefined until the input shape is known. */
  get outputShape(): Shape | undefined {
    return this.#built?.network.outputShape;
  }

  /** Bytes of the model's WebAssembly memory; 0 after dispose. */
  get memoryBytes(): number {
    return this.#engine?.memory.bytes ?? 0;
  }

  /** Updates by the present optimizer. */
  get optimizerSteps(): number {
    return this.#built?.runner.optimizerSteps ?? 0;
  }

  /**
   * Settles how the model learns. Calling it again starts the optimizer afresh.
   * @throws SluiceError 'bad-option'
   */
  compile(options: CompileOptions): void {
    this.#alive();
    this.#idle('compile');
    this.#compiled = checkCompileOptions(options, this.#layers);
    this.#built?.runner.compile(this.#compiled);
  }

  /**
   * Trains on x [n, ...inputShape] and y [n, ...outputShape]. Calling it again goes on:
   * optimizer state, sample orders and dropout masks continue.
   *
   * After an error ('aborted', 'not-finite', one thrown by a callback) the model stands as the
   * last finished step left it and can be used; onTrainEnd has not been called.
   * @throws SluiceError 'bad-option', 'bad-shape', 'bad-data', 'memory-limit', 'not-finite',
   * 'aborted', 'disposed'
   */
  async fit(x: TensorLike, y: TensorLike, options: FitOptions = {}): Promise<History> {
    const compiled = this.#ready('fit');
    const settings = checkFitOptions(options);
    this.#idle('fit');
    const all = this.#dataset('', x, y);
    const { validationData, validationSplit } = settings;
    const [data, heldOut] = validationSplit > 0 ? splitOff(all, validationSplit) : [all, undefined];
    const validation = validationData
      ? this.#dataset('validationData ', validationData[0], validationData[1])
      : heldOut;
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
    const compiled = this.#ready('evaluate');
    checkKeys('evaluate', options, ['batchSize']);
    const batchSize = checkBatchSize('evaluate', options.batchSize);
    const data = this.#dataset('', x, y);
    const session = this.#session(compiled);
    const means = await evaluate(session, data, batchSize, undefined, new Breather());
    return means.report({});
  }

  /**
   * Outputs [n, ...outputShape] for x [n, ...inputShape]; the same bits whatever the batchSize.
   * @throws SluiceError 'bad-shape', 'bad-data', 'memory-limit', 'disposed'
   */
  async predict(x: TensorLike, options: EvaluateOptions = {}): Promise<Tensor> {
    this.#alive();
    checkKeys('predict', options, ['batchSize']);
    const batchSize = checkBatchSize('predict', options.batchSize);
    this.#buildFor(x);
    const input = checkInput('x', x, this.#signature());
    const count = input.shape[0];
    const { outputShape } = this.#withWeights().network;
    const data = new Float32Array(count * floatsOf(outputShape));
    const breather = new Breather();
    for (let from = 0; from < count; from += batchSize) {
      const B = Math.min(batchSize, count - from);
      this.#withWeights().runner.predict(input.data, from, B, data);
      if (breather.due) await breather.breathe();
    }
    return { data, shape: [count, ...outputShape] };
  }

  /**
   * One training step over all of x and y; returns its loss and metrics.
   * @throws SluiceError as fit does
   */
  async trainOnBatch(x: TensorLike, y: TensorLike): Promise<Record<string, number>> {
    const compiled = this.#ready('trainOnBatch');
    this.#idle('trainOnBatch');
    const data = this.#dataset('', x, y);
    const { runner } = this.#withWeights();
    const means = new Means(compiled);
    const batch = { data, order: undefined, from: 0, B: data.count };
    means.add(trainStep(runner, batch, compiled, 'in trainOnBatch'), runner, data.count);
    return means.report({});
  }

  /** Names ('layer/weight') and shapes of the weights, in the order of getWeights. */
  get weightSpecs(): readonly WeightSpec[] {
    return weightSpecs(this.#needBuilt().network);
  }

  /** Copies of all weights, in the order and shapes of Keras (an LSTM's gates: i, f, c, o). */
  getWeights(): Tensor[] {
    const { network, workspace } = this.#withWeights();
    const { kernels, memory } = this.#alive();
    return readWeights(network, kernels, memory, workspace.parameters, workspace.transfer());
  }

  /**
   * Replaces all weights; the optimizer's state stays.
   * @throws SluiceError 'bad-shape' or 'bad-data' that names the weight; then none is changed.
   */
  setWeights(weights: readonly TensorLike[]): void {
    const built = this.#needBuilt();
    const { network, workspace } = built;
    const { kernels, memory } = this.#alive();
    const transfer = workspace.transfer();
    writeWeights(network, kernels, memory, workspace.parameters, transfer, weights);
    built.hasWeights = true;
  }

  /** The number of weights. */
  countParams(): number {
    return countParameters(this.#needBuilt().network);
  }

  /** A table of layers, output shapes and parameters. */
  summary(): string {
    return summarize(`${this.name} (${this.numerics}, ${this.build})`, this.#needBuilt().network);
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
    this.#engine = undefined;
    this.#built = undefined;
    this.#compiled = undefined;
  }

  /** For tests and tools of this package: what a pass works with. */
  [internals](): Internals {
    return { ...this.#alive(), ...this.#withWeights() };
  }

  #alive(): Engine {
    if (this.#engine) return this.#engine;
    throw new SluiceError(
      'disposed',
      `model '${this.name}' was disposed of and cannot be used any more; make a new one`,
    );
  }

  #ready(what: string): Compiled {
    this.#alive();
    if (this.#compiled) return this.#compiled;
    throw new SluiceError(
      'bad-option',
      `${what} needs an optimizer and a loss: call model.compile({ optimizer, loss }) first`,
    );
  }

  #idle(what: string): void {
    if (!this.#fitting) return;
    throw new SluiceError(
      'bad-option',
      `${what} was called while fit of the same model is running; await the first one`,
    );
  }

  #needBuilt(): Built {
    this.#alive();
    if (this.#built) return this.#built;
    throw new SluiceError(
      'bad-option',
      `model '${this.name}' has no weights yet, for it does not know its input shape; give the ` +
        'first layer an inputShape, or call fit first',
    );
  }

  #build(inputShape: Shape): void {
    const { kernels, memory } = this.#alive();
    const names = this.layers.map(({ name }) => name);
    const seed = seedWords(this.seed);
    const network = new Network(this.#layers, names, inputShape, kernels, seed);
    const workspace = new Workspace(network, memory, kernels);
    const runner = new Runner(kernels, memory, network, workspace);
    if (this.#compiled) runner.compile(this.#compiled);
    this.#built = { network, workspace, runner, hasWeights: false };
  }

  /** A model without inputShape takes it from the first x that it sees. */
  #buildFor(x: TensorLike): void {
    if (this.#built) return;
    const shape = toTensor('x', x).shape.slice(1);
    this.#build(checkInputShape('x, which settles the first layer', shape) as Shape);
  }

  /** Weights are drawn when they are first needed: a loaded model never draws any. */
  #withWeights(): Built {
    const built = this.#needBuilt();
    if (!built.hasWeights) {
      const { network, workspace } = built;
      const { kernels } = this.#alive();
      const transfer = workspace.transfer();
      const seed = seedWords(this.seed);
      initializeWeights(network, kernels, workspace.parameters, transfer, seed);
      built.hasWeights = true;
    }
    return built;
  }

  #signature(): Signature {
    const { network } = this.#needBuilt();
    return {
      firstLayer: network.nodes[0].name,
      lastLayer: network.last.name,
      inputShape: network.inputShape,
      outputShape: network.outputShape,
    };
  }

  #dataset(prefix: string, x: TensorLike, y: TensorLike): Dataset {
    this.#buildFor(x);
    const classes = this.#compiled?.loss.sparseTargets ?? false;
    return checkDataset(prefix, x, y, this.#signature(), classes);
  }

  #session(compiled: Compiled): Session {
    const model = this;
    return {
      model,
      seed: this.seed,
      compiled,
      runner: () => model.#withWeights().runner,
      get epochsDone() {
        return model.#epochsDone;
      },
      set epochsDone(count: number) {
        model.#epochsDone = count;
      },
    };
  }
}
