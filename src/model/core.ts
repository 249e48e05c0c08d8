import { closeEngine, type Engine, openEngine } from '../engine/engine.js';
import { type Build, loadModule, type Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import { checkInputShape, type Layer, type Shape } from '../layers/layer.js';
import { type SeedWords, seedWords } from '../random.js';
import { compileConfig } from './compile-config.js';
import { checkDataset, checkInput, type Dataset, type Input, type Signature } from './dataset.js';
import { Network } from './network.js';
import { initializeWeights, readWeights, writeWeights } from './parameters.js';
import { type Compiled, Runner } from './runner.js';
import { type Tensor, type TensorLike, toTensor } from './tensor.js';
import type { TrainingState } from './training-state.js';
import { Workspace } from './workspace.js';

/** What becomes of a model once it knows its input shape. */
interface Built {
  readonly network: Network;
  readonly workspace: Workspace;
  readonly runner: Runner;
}

export type Internals = Engine & Built;

/**
 * The life of a model behind its public face: an engine of its own from the start, a network
 * once the input shape is known, weights once somebody wants them, nothing after dispose.
 */
export class ModelCore {
  readonly build: Build;
  readonly #name: string;
  readonly #layers: readonly Layer[];
  readonly #names: readonly string[];
  readonly #seed: SeedWords;
  #engine: Engine | undefined;
  #built: Built | undefined;
  /** Made for the x of a call whose checks are not all done: the next call may bring another. */
  #candidate: Built | undefined;
  #compiled: Compiled | undefined;
  #hasWeights = false;

  constructor(
    name: string,
    layers: readonly Layer[],
    names: readonly string[],
    seed: number,
    numerics: Numerics,
  ) {
    this.#name = name;
    this.#layers = layers;
    this.#names = names;
    this.#seed = seedWords(seed);
    const { module, build } = loadModule(numerics);
    this.build = build;
    this.#engine = openEngine(module);
    const { inputShape } = layers[0];
    try {
      if (inputShape) this.#built = this.#connect(inputShape);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Undefined while the input shape is not known, and after dispose. */
  get network(): Network | undefined {
    return this.#built?.network;
  }

  get memoryBytes(): number {
    return this.#engine?.memory.bytes ?? 0;
  }

  get compiled(): Compiled | undefined {
    return this.#compiled;
  }

  get optimizerSteps(): number {
    return this.#built?.runner.optimizerSteps ?? 0;
  }

  /** @throws SluiceError 'disposed' */
  alive(): Engine {
    if (this.#engine) return this.#engine;
    throw new SluiceError(
      'disposed',
      `model '${this.#name}' was disposed of and cannot be used any more; make a new one`,
    );
  }

  /** @throws SluiceError 'bad-option' while the input shape is not known */
  needNetwork(): Network {
    return this.#needBuilt().network;
  }

  compile(compiled: Compiled): void {
    this.#compiled = compiled;
    this.#built?.runner.compile(compiled);
  }

  /** @throws SluiceError 'bad-option' before compile */
  needCompiled(what: string): Compiled {
    this.alive();
    if (this.#compiled) return this.#compiled;
    throw new SluiceError(
      'bad-option',
      `${what} needs an optimizer and a loss: call model.compile({ optimizer, loss }) first`,
    );
  }

  /** Everything a pass needs. Weights are drawn here first: a loaded model never draws any. */
  open(): Internals {
    const built = this.#needBuilt();
    const engine = this.alive();
    if (!this.#hasWeights) {
      const { parameters } = built.workspace;
      const transfer = built.workspace.transfer();
      initializeWeights(built.network, engine.kernels, parameters, transfer, this.#seed);
      this.#hasWeights = true;
    }
    return { ...engine, ...built };
  }

  /**
   * Plans all memory for passes over that many samples, and does so before weights are drawn:
   * a model that cannot train must not take a minute to say so. 0: no such pass. It is the last
   * check of a call, and settles the input shape of a model without one.
   * @throws SluiceError 'memory-limit'
   */
  prepare(trainingBatch: number, inferenceBatch: number): void {
    const built = this.#candidate ?? this.#needBuilt();
    if (trainingBatch > 0) built.runner.prepareTraining(trainingBatch);
    if (inferenceBatch > 0) built.runner.prepareInference(inferenceBatch);
    this.#built = built;
    this.#candidate = undefined;
  }

  runner(): Runner {
    return this.#built && this.#hasWeights ? this.#built.runner : this.open().runner;
  }

  getWeights(): Tensor[] {
    const { network, workspace, kernels, memory } = this.open();
    return readWeights(network, kernels, memory, workspace.parameters, workspace.transfer());
  }

  setWeights(weights: readonly TensorLike[]): void {
    const { network, workspace, runner } = this.#needBuilt();
    const { kernels, memory } = this.alive();
    const transfer = workspace.transfer();
    writeWeights(network, kernels, memory, workspace.parameters, transfer, weights);
    runner.stateWasReplaced();
    this.#hasWeights = true;
  }

  /** Undefined before compile, and while the input shape is not known. */
  trainingState(epochs: number): TrainingState | undefined {
    if (!this.#compiled || !this.#built) return undefined;
    const { runner } = this.#built;
    const { optimizerSteps, steps } = runner;
    return {
      compiled: compileConfig(this.#compiled),
      counters: { optimizerSteps, steps, epochs },
      slots: runner.readSlots(),
    };
  }

  /** After compile with the state's settings. */
  restoreTraining({ counters, slots }: Pick<TrainingState, 'counters' | 'slots'>): void {
    const { runner } = this.#needBuilt();
    runner.optimizerSteps = counters.optimizerSteps;
    runner.steps = counters.steps;
    runner.restoreSlots(slots);
  }

  /** Checks x; a model without inputShape takes it from x, once `prepare` is done too. */
  input(x: TensorLike): Input {
    return checkInput('x', x, signatureOf(this.#builtFor(x)));
  }

  /** Checks x and y, likewise. */
  dataset(x: TensorLike, y: TensorLike): Dataset {
    return checkDataset('', x, y, signatureOf(this.#builtFor(x)), this.#takesClasses);
  }

  /** Checks the validation data of a call whose `dataset` is checked. */
  validation(x: TensorLike, y: TensorLike): Dataset {
    const signature = signatureOf(this.#candidate ?? this.#needBuilt());
    return checkDataset('validationData ', x, y, signature, this.#takesClasses);
  }

  get #takesClasses(): boolean {
    return this.#compiled?.loss.sparseTargets ?? false;
  }

  dispose(): void {
    if (this.#engine) closeEngine(this.#engine);
    this.#engine = undefined;
    this.#built = undefined;
    this.#candidate = undefined;
    this.#compiled = undefined;
  }

  #needBuilt(): Built {
    this.alive();
    if (this.#built) return this.#built;
    throw new SluiceError(
      'bad-option',
      `model '${this.#name}' has no weights yet, for it does not know its input shape; give the ` +
        'first layer an inputShape, or call fit first',
    );
  }

  #builtFor(x: TensorLike): Built {
    this.alive();
    if (this.#built) return this.#built;
    this.#candidate = undefined;
    const shape = toTensor('x', x).shape.slice(1);
    this.#candidate = this.#connect(checkInputShape('x, which settles the first layer', shape));
    return this.#candidate;
  }

  #connect(inputShape: Shape): Built {
    const { kernels, memory } = this.alive();
    const network = new Network(this.#layers, this.#names, inputShape, kernels, this.#seed);
    const workspace = new Workspace(network, memory, kernels);
    const runner = new Runner(kernels, memory, network, workspace);
    if (this.#compiled) runner.compile(this.#compiled);
    return { network, workspace, runner };
  }
}

const signatureOf = ({ network }: Built): Signature => ({
  firstLayer: network.nodes[0].name,
  lastLayer: network.last.name,
  inputShape: network.inputShape,
  outputShape: network.outputShape,
});
