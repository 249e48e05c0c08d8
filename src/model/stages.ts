// What a model is at a moment. It has an engine until it is disposed of, a network once the shape of
// its input is known, what compile settled, and weights once somebody wants them.
import { closeEngine, type Engine, openEngine } from '../engine/engine.js';
import { type Build, loadModule } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import { checkInputShape } from '../layers/port.js';
import { seedWords } from '../random.js';
import type { Arrays } from './arrays.js';
import type { Batches } from './batches.js';
import { type Built, connect, type Internals, signatureOf } from './built.js';
import { type Compiled, type CompileOptions, checkCompileOptions } from './compile-options.js';
import { checkDataset, type Signature } from './dataset.js';
import { claimLayers, type Design } from './design.js';
import type { Readable } from './evaluation.js';
import type { FitMethod } from './history.js';
import { initializeWeights, writeWeights } from './parameters.js';
import type { Passes } from './passes.js';
import { checkAlone, isSamples, SampleBatches, type Samples } from './samples.js';
import { type TensorLike, toTensor } from './tensor.js';
import { WeightGate } from './weight-gate.js';

/** The stages of a model's life, each asked for by what needs it. */
export class Stages implements Readable {
  readonly design: Design;
  readonly build: Build;
  readonly gate = new WeightGate();
  #engine: Engine | undefined;
  #built: Built | undefined;
  #compiled: Compiled | undefined;
  #hasWeights = false;
  /** What trains in epochs now. */
  #fitting: FitMethod | undefined;

  constructor(design: Design) {
    this.design = design;
    const loaded = loadModule(design.numerics);
    this.build = loaded.build;
    this.#engine = openEngine(loaded, design.threads);
    try {
      if (design.graph) this.#built = connect(design, design.graph, this.#engine);
      claimLayers(design);
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Lets go of all memory. */
  end(): void {
    if (this.#engine) closeEngine(this.#engine);
    this.#engine = undefined;
    this.#built = undefined;
    this.#compiled = undefined;
  }

  /** Threads that share its passes. */
  get threads(): number {
    return this.#engine?.crew?.alive ?? 1;
  }

  /**
   * Runs a call that may be shared by threads. Where one has ended before it, one thread goes on, with a note; where one
   * ends meanwhile, its error comes when the others are gone, so that the next call finds one thread.
   */
  async shared<T>(call: () => Promise<T>): Promise<T> {
    const crew = this.#engine?.crew;
    const gone = crew?.rollCall();
    if (gone !== undefined) console.warn(`sluice: ${gone}; the model goes on with one thread`);
    try {
      return await call();
    } catch (error) {
      await crew?.over();
      throw error;
    }
  }

  /** Undefined while the input shape is not known. */
  get built(): Built | undefined {
    return this.#built;
  }

  /** Undefined before compile. */
  get compiled(): Compiled | undefined {
    return this.#compiled;
  }

  /** Bytes of the WebAssembly memory; 0 after the end. */
  get memoryBytes(): number {
    return this.#engine?.memory.bytes ?? 0;
  }

  /** @throws SluiceError 'bad-option' */
  compile(options: CompileOptions): void {
    this.alive();
    this.idle('compile');
    this.#unread('compile');
    const compiled = checkCompileOptions(options, this.design.endings, this.design.layers);
    this.#compiled = compiled;
    this.#built?.passes.compile(compiled);
  }

  /** A fit alone moves them while it runs. */
  get movesStates(): boolean {
    return this.#fitting === undefined;
  }

  /** Stateful layers begin at zero again. @throws SluiceError 'bad-option' for a layer that is not stateful */
  resetStates(layer?: string): void {
    this.alive();
    const passes = this.#built?.passes;
    if (!passes) return;
    const { states } = passes;
    if (layer !== undefined && !states?.layers.includes(layer)) {
      throw new SluiceError(
        'bad-option',
        `resetStates: layer ${layer} is not stateful, each batch begins at zero; make it with stateful: true, or leave this out`,
      );
    }
    if (!states) return;
    // a copy, so that a pass under way does not put back what it began in
    passes.states = states.copy();
    passes.states.reset(layer);
  }

  /** Runs a fit, and refuses another one meanwhile. */
  async fitting<T>(method: FitMethod, run: () => Promise<T>): Promise<T> {
    this.#fitting = method;
    try {
      return await run();
    } finally {
      this.#fitting = undefined;
    }
  }

  /** @throws SluiceError 'bad-shape' or 'bad-data' that names the weight; then none is changed. */
  setWeights(weights: readonly TensorLike[]): void {
    const { network, workspace, passes } = this.needBuilt();
    const { kernels, memory } = this.alive();
    const transfer = workspace.transfer();
    writeWeights(network, kernels, memory, workspace.parameters, transfer, weights);
    passes.stateWasReplaced();
    this.#hasWeights = true;
    this.gate.version++;
  }

  /** @throws SluiceError 'disposed' */
  alive(): Engine {
    if (this.#engine) return this.#engine;
    throw new SluiceError(
      'disposed',
      `model '${this.design.name}' was disposed of and cannot be used any more; make a new one`,
    );
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

  /** @throws SluiceError 'bad-option' while the input shape is not known */
  needBuilt(): Built {
    this.alive();
    if (this.#built) return this.#built;
    throw new SluiceError(
      'bad-option',
      `model '${this.design.name}' has no weights yet, for it does not know its input shape; give the ` +
        'first layer an inputShape, or call fit first',
    );
  }

  /**
   * For what trains or changes how: refused beside a fit, and beside a pass over a stream, for that may be the stream
   * that calls.
   * @throws SluiceError 'bad-option'
   */
  idle(what: string): void {
    const running = this.#fitting ?? (this.gate.streaming ? 'evaluateDataset' : undefined);
    if (!running) return;
    throw new SluiceError(
      'bad-option',
      `${what} was called while ${running} of the same model is running; await the first one`,
    );
  }

  #unread(what: string): void {
    if (!this.gate.busy) return;
    throw new SluiceError(
      'bad-option',
      `${what} was called while predict or evaluate of the same model is running; await it first`,
    );
  }

  batches(
    built: Built,
    prefix: string,
    x: Arrays | Samples,
    y?: Arrays,
    weights?: Arrays,
  ): Batches {
    const signature = this.signature(built);
    if (!isSamples(x)) return checkDataset(prefix, x, y as Arrays, weights, signature);
    checkAlone(prefix, y, weights);
    return new SampleBatches(x, signature, `${prefix}x`);
  }

  signature({ network }: Built): Signature {
    return signatureOf(this.design, network, this.#compiled);
  }

  /**
   * A model without inputShape takes it from x; it keeps it once `#prepare` is done too, the last
   * check of a call.
   */
  builtFor(x: Arrays | Samples): Built {
    const engine = this.alive();
    if (this.#built || isSamples(x)) return this.needBuilt();
    const shape = toTensor('x', x as TensorLike).shape.slice(1);
    const settled = checkInputShape('x, which settles the first layer', shape);
    const built = connect(this.design, this.design.graphFor(settled), engine);
    if (this.#compiled) built.passes.compile(this.#compiled);
    return built;
  }

  /**
   * Plans all memory for passes over that many samples, and does so before weights are drawn:
   * a model that cannot train must not take a minute to say so. 0: no such pass.
   * @throws SluiceError 'memory-limit'
   */
  prepare(built: Built, trainingBatch: number, inferenceBatch: number): void {
    if (trainingBatch > 0) built.passes.prepareTraining(trainingBatch);
    if (inferenceBatch > 0) built.passes.prepareInference(inferenceBatch);
    this.#built = built;
  }

  /** Everything a pass needs. Weights are drawn here first: a loaded model never draws any. */
  open(): Internals {
    const built = this.needBuilt();
    const engine = this.alive();
    if (!this.#hasWeights) {
      const { parameters } = built.workspace;
      const transfer = built.workspace.transfer();
      initializeWeights(
        built.network,
        engine.kernels,
        parameters,
        transfer,
        seedWords(this.design.seed),
      );
      this.#hasWeights = true;
    }
    return { ...engine, ...built };
  }

  passes(): Passes {
    return this.#built && this.#hasWeights ? this.#built.passes : this.open().passes;
  }
}
