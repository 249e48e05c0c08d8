import type { Kernels } from '../engine/kernels.js';
import type { EngineMemory } from '../engine/memory.js';
import { featuresOf, type Pass, rowsOf, stepsOf } from '../layers/layer.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { stage, stageTargets, unstage } from './batches.js';
import type { Dataset } from './dataset.js';
import type { Loss, LossPass } from './losses/loss.js';
import type { Metric } from './metrics.js';
import type { Network } from './network.js';
import { readWeights, storeWeights } from './parameters.js';
import type { Tensor } from './tensor.js';
import { nextCount } from './training-state.js';
import { Updater } from './updater.js';
import type { Workspace } from './workspace.js';

/** What `compile` settles. */
export interface Compiled {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  /** The loss over the last layer of this model. */
  readonly lossPass: LossPass;
  readonly metrics: readonly Metric[];
}

/** Which samples a step takes: order[from .. from + B), or from .. from + B without an order. */
export interface Batch {
  data: Dataset;
  order: Uint32Array | undefined;
  from: number;
  B: number;
}

/** Single steps over one staged batch. Synchronous; allocates nothing once memory is planned. */
export class Runner {
  /** Training steps since the model was made: the counter of dropout's masks. */
  steps = 0;
  /** Updates by the present optimizer. */
  optimizerSteps = 0;
  /** Of the last forward pass with targets, one a metric: means over its rows. */
  metricValues: Float64Array = new Float64Array(0);
  readonly #kernels: Kernels;
  readonly #memory: EngineMemory;
  readonly #network: Network;
  readonly #workspace: Workspace;
  readonly #pass = { training: false, step: 0, from: 0, steps: 0 };
  #compiled: Compiled | undefined;
  #updater: Updater | undefined;
  #ready = false;
  /** The optimizer's arrays from a file, until there is memory for training. */
  #restored: readonly (readonly Tensor[])[] = [];

  constructor(kernels: Kernels, memory: EngineMemory, network: Network, workspace: Workspace) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#network = network;
    this.#workspace = workspace;
  }

  /** Takes a new optimizer, whose state starts afresh, as in Keras. */
  compile(compiled: Compiled): void {
    this.#compiled = compiled;
    this.#updater = new Updater(
      this.#kernels,
      this.#memory,
      this.#network,
      this.#workspace,
      compiled.optimizer,
    );
    this.metricValues = new Float64Array(compiled.metrics.length);
    this.optimizerSteps = 0;
    this.#ready = false;
    this.#restored = [];
  }

  /** After compile: goes on where another model stood, with the counters set by the caller. */
  restoreSlots(slots: readonly (readonly Tensor[])[]): void {
    this.#restored = slots;
    this.#ready = false;
  }

  /** Copies of the optimizer's arrays, as TrainingState has them. */
  readSlots(): readonly (readonly Tensor[])[] {
    if (!this.#ready || this.optimizerSteps === 0) return this.#restored;
    const transfer = this.#workspace.transfer();
    return this.#workspace.slots.map((slot) =>
      readWeights(this.#network, this.#kernels, this.#memory, slot, transfer),
    );
  }

  /** Plans memory for training steps of at most B samples. */
  prepareTraining(B: number, wantInputGradient = false): void {
    this.#workspace.prepareTraining(B, this.#settled.optimizer.slots.length, wantInputGradient);
    if (this.#ready) return;
    this.#workspace.clearSlots();
    if (this.#restored.length > 0) this.#writeSlots(this.#restored);
    this.#restored = [];
    this.#ready = true;
  }

  #writeSlots(slots: readonly (readonly Tensor[])[]): void {
    const transfer = this.#workspace.transfer();
    slots.forEach((tensors, i) => {
      const slot = this.#workspace.slots[i];
      storeWeights(this.#network, this.#kernels, this.#memory, slot, transfer, tensors);
    });
    this.stateWasReplaced();
  }

  prepareInference(B: number): void {
    this.#workspace.prepareInference(B);
  }

  /** Forward in training; returns the loss. Leaves the gradient of the output in place. */
  trainForward(batch: Batch): number {
    this.prepareTraining(batch.B);
    const network = this.#network;
    this.#extent(true, 0, stepsOf(network.inputShape));
    this.#stageInput(batch);
    this.#stageTarget(batch);
    this.metricValues.fill(0);
    network.forward(batch.B, this.#pass, this.#settled.lossPass.fusesSoftmax);
    return this.#score(batch.B);
  }

  /** Backward after trainForward; false where the gradients are not finite. */
  trainBackward(B: number): boolean {
    this.#network.backward(B, this.#pass);
    return this.#settledUpdater.measure();
  }

  /** The norm of the last gradients. */
  get gradientNorm(): number {
    return this.#updater?.gradientNorm ?? 0;
  }

  /** One step of the optimizer along the gradients; false, and nothing done, where it cannot be. */
  update(): boolean {
    const moved = this.#settledUpdater.apply(this.optimizerSteps + 1);
    if (!moved) return false;
    this.optimizerSteps = Math.min(this.optimizerSteps + 1, Number.MAX_SAFE_INTEGER);
    this.steps = nextCount(this.steps);
    return true;
  }

  /** Looks at every weight. */
  weightsAreFinite(): boolean {
    return this.#settledUpdater.weightsAreFinite();
  }

  /** To be called when weights or the optimizer's state were written from outside. */
  stateWasReplaced(): void {
    this.#updater?.forgetBounds();
  }

  /** Forward in inference; returns the loss. */
  evaluate(batch: Batch): number {
    const network = this.#network;
    const all = stepsOf(network.inputShape);
    const steps = this.#workspace.prepareInference(batch.B);
    let loss = 0;
    this.metricValues.fill(0);
    for (let from = 0; from < all; from += steps) {
      this.#extent(false, from, Math.min(steps, all - from));
      this.#stageInput(batch);
      if (!network.forward(batch.B, this.#pass, this.#settled.lossPass.fusesSoftmax)) continue;
      this.#stageTarget(batch);
      loss += this.#score(batch.B);
    }
    return loss;
  }

  /** Outputs of samples from .. from + B of x, to the same place in `out`. */
  predict(x: Float32Array, first: number, B: number, out: Float32Array): void {
    const { inputShape, outputShape, input, last } = this.#network;
    const all = stepsOf(inputShape);
    const steps = this.#workspace.prepareInference(B);
    const { floats } = this.#memory;
    for (let from = 0; from < all; from += steps) {
      const pass = this.#extent(false, from, Math.min(steps, all - from));
      stage(floats, input, x, inputShape, undefined, first, B, pass);
      if (!this.#network.forward(B, pass, false)) continue;
      unstage(floats, last.output, out, outputShape, first, B, pass);
    }
  }

  #extent(training: boolean, from: number, steps: number): Pass {
    const pass = this.#pass;
    pass.training = training;
    pass.step = this.steps;
    pass.from = from;
    pass.steps = steps;
    return pass;
  }

  #stageInput({ data, order, from, B }: Batch): void {
    const { input, inputShape } = this.#network;
    stage(this.#memory.floats, input, data.x, inputShape, order, from, B, this.#pass);
  }

  #stageTarget({ data, order, from, B }: Batch): void {
    const { target, outputShape } = this.#network;
    stageTargets(this.#memory.floats, target, data, outputShape, order, from, B, this.#pass);
  }

  /** Adds the extent's part to the metrics, and returns its part of the loss. */
  #score(B: number): number {
    const { outputShape, target, last } = this.#network;
    const { lossPass, metrics } = this.#settled;
    const rows = rowsOf(outputShape, B, this.#pass.steps);
    const share = rows / rowsOf(outputShape, B);
    const N = featuresOf(outputShape);
    const gradient = this.#pass.training ? last.outputGradient : undefined;
    const loss = lossPass.compute(this.#kernels, rows, N, last.output, target, gradient);
    for (let i = 0; i < metrics.length; i++) {
      const sum = metrics[i].measure(this.#memory.floats, rows, N, last.output, target);
      this.metricValues[i] += (sum / rows) * share;
    }
    return loss * share;
  }

  /** Sequential asks for compile before it comes here. */
  get #settled(): Compiled {
    return this.#compiled as Compiled;
  }

  get #settledUpdater(): Updater {
    return this.#updater as Updater;
  }
}
