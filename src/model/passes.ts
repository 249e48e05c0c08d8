import type { Kernels } from '../engine/kernels.js';
import type { EngineMemory } from '../engine/memory.js';
import { type Batch, type Batches, type Pick, unstage } from './batches.js';
import { Carry } from './carry.js';
import type { Compiled } from './compile-options.js';
import { Constraints } from './constraints.js';
import { ratesOf } from './learning-rates.js';
import type { Network } from './network.js';
import { readWeights, storeWeights } from './parameters.js';
import { Penalties } from './penalties.js';
import { Scores } from './scores.js';
import type { Tensor } from './tensor.js';
import { nextCount, type TrainingCounters } from './training-state.js';
import { Updater } from './updater.js';
import type { Workspace } from './workspace.js';

/** Single steps over one staged batch. Synchronous; allocates nothing once memory is planned. */
export class Passes {
  /** How far training has come. */
  readonly counters: { -readonly [Name in keyof TrainingCounters]: number } = {
    optimizerSteps: 0,
    steps: 0,
    epochs: 0,
  };
  /** Where stateful layers stand; undefined where there are none. */
  states: Carry | undefined;
  /** Where all recurrent layers stand between two windows of truncated backpropagation. */
  #windows: Carry | undefined;
  /** The one of both that the present step began in. */
  #carried: Carry | undefined;
  readonly #kernels: Kernels;
  readonly #memory: EngineMemory;
  readonly #network: Network;
  readonly #workspace: Workspace;
  readonly #penalties: Penalties;
  readonly #stretch = { from: 0, steps: 0 };
  #compiled: Compiled | undefined;
  #scores: Scores | undefined;
  #updater: Updater | undefined;
  #ready = false;
  /** The layers that are trained; undefined from compile until training begins. */
  #trained: readonly boolean[] | undefined;
  /** The optimizer's arrays from a file, until there is memory for training. */
  #restored: readonly (readonly Tensor[])[] = [];

  constructor(kernels: Kernels, memory: EngineMemory, network: Network, workspace: Workspace) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#network = network;
    this.#workspace = workspace;
    const stateful = network.carried(false);
    if (stateful.length > 0) this.states = new Carry(stateful);
    this.#penalties = new Penalties(kernels, network, workspace);
  }

  /** Takes a new optimizer, whose state starts afresh, as in Keras. */
  compile(compiled: Compiled): void {
    this.#compiled = compiled;
    this.#network.heads.forEach((head, i) => {
      head.fusesSoftmax = compiled.goals[i].pass.fusesSoftmax;
    });
    this.#scores = new Scores(this.#kernels, this.#memory, this.#network, compiled);
    this.counters.optimizerSteps = 0;
    this.#ready = false;
    this.#trained = undefined;
    this.#restored = [];
  }

  /** After compile: goes on where another model stood, with the counters set by the caller. */
  restoreSlots(slots: readonly (readonly Tensor[])[]): void {
    this.#restored = slots;
    this.#ready = false;
  }

  /** Copies of the optimizer's arrays, as TrainingState has them. */
  readSlots(): readonly (readonly Tensor[])[] {
    if (!this.#ready || this.counters.optimizerSteps === 0) return this.#restored;
    const transfer = this.#workspace.transfer();
    return this.#workspace.slots.map((slot) =>
      readWeights(this.#network, this.#kernels, this.#memory, slot, transfer),
    );
  }

  /**
   * Plans memory for training steps of at most B samples. The first call after compile settles
   * which layers are trained: those that are `trainable` now, as in Keras.
   */
  prepareTraining(B: number): void {
    if (!this.#ready) this.#settleTrained();
    this.#workspace.prepareTraining(B, this.#settled.optimizer.slots.length);
    if (this.#ready) return;
    this.#workspace.clearSlots();
    if (this.#restored.length > 0) this.#writeSlots(this.#restored);
    this.#restored = [];
    this.#ready = true;
  }

  #settleTrained(): void {
    const network = this.#network;
    const trained = network.graph.layers.map(({ layer }) => layer.trainable);
    this.#trained = trained;
    if (network.gradients.train(trained)) this.#workspace.forgetPlans();
    const { optimizer, learningRates } = this.#settled;
    const rates = ratesOf(network, learningRates);
    this.#updater = new Updater(
      this.#kernels,
      this.#memory,
      network,
      this.#workspace,
      optimizer,
      new Constraints(this.#kernels, network, this.#workspace, trained),
      rates,
    );
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

  /** Forward in training; returns the loss. Leaves the gradients of the outputs in place. */
  trainForward(batch: Batch): number {
    this.prepareTraining(batch.B);
    const penalty = this.#penalty;
    this.#beginStep(batch);
    this.#stageInputs(batch.data, batch);
    this.#network.forward(true, true, batch.window);
    const scores = this.#settledScores;
    scores.begin(this.weightOf(batch));
    return scores.add(batch, this.#stretch, true, true) + penalty + this.#network.activity;
  }

  /** Of the last forward pass with targets: see Scores. */
  get figures(): Float64Array {
    return this.#settledScores.figures;
  }

  /** What each of them counts for: see Scores. */
  get weights(): Float64Array {
    return this.#settledScores.weights;
  }

  /** What a batch counts for among others: samples, or the part of them that a window scores. */
  weightOf({ B, window }: Batch): number {
    return B * (window?.share ?? 1);
  }

  /** Where a step begins in time, and in which states. */
  #beginStep({ B, window }: Batch): void {
    const network = this.#network;
    if (!window) {
      this.#carried = this.states;
      network.begin(this.states, B);
      this.#cover(true, B, 0, network.allSteps);
      return;
    }
    this.#windows ??= new Carry(network.carried(true));
    this.#carried = this.#windows;
    // a sequence begins
    if (window.from === 0 && window.scored === window.steps) this.#windows.rows = 0;
    network.begin(this.#windows, B, window.advance);
    this.#cover(true, B, window.from, window.steps);
    // to the nodes a window is a sequence, whose masks count from its own first step
    network.cover(true, this.counters.steps, B, 0, window.steps);
  }

  /**
   * Lets training steps cover at most so many time steps, so that memory is planned for these; undefined: all of them.
   * For a network that streams.
   */
  setWindow(steps: number | undefined): void {
    if (this.#network.window === steps) return;
    this.#network.window = steps;
    this.#workspace.forgetPlans();
    this.#windows = undefined;
  }

  /** Backward after trainForward; false where the gradients are not finite. */
  trainBackward(): boolean {
    this.#network.backward();
    this.#penalties.addGradients(this.#trained ?? []);
    return this.#settledUpdater.measure();
  }

  /** What regularizers add to the loss; as in Keras by weights that are trained, to no output's own loss or metric. */
  get #penalty(): number {
    const { layers } = this.#network.graph;
    return this.#penalties.sum(this.#trained ?? layers.map(({ layer }) => layer.trainable));
  }

  /** Why the last forward pass could give no loss, where no weight is to blame. */
  get meanOfNothing(): string | undefined {
    return this.#network.meanOfNothing;
  }

  /** The norm of the last gradients. */
  get gradientNorm(): number {
    return this.#updater?.gradientNorm ?? 0;
  }

  /** One step of the optimizer along the gradients; false, and nothing done, where it cannot be. */
  update(): boolean {
    const { counters } = this;
    if (!this.#network.statisticsAreFinite()) return false;
    const moved = this.#settledUpdater.apply(counters.optimizerSteps + 1);
    if (!moved) return false;
    this.#penalties.forget();
    this.#network.moveStatistics();
    counters.optimizerSteps = Math.min(counters.optimizerSteps + 1, Number.MAX_SAFE_INTEGER);
    counters.steps = nextCount(counters.steps);
    this.#carried?.accept();
    return true;
  }

  /** Looks at every weight that is trained. */
  weightsAreFinite(): boolean {
    return this.#settledUpdater.weightsAreFinite();
  }

  /** Looks at the weights that the last step has moved, at a cost that does not grow with tables. */
  movedAreFinite(): boolean {
    return this.#settledUpdater.movedAreFinite();
  }

  /** To be called when weights or the optimizer's state were written from outside. */
  stateWasReplaced(): void {
    this.#updater?.forgetBounds();
    this.#penalties.forget();
  }

  /** Forward in inference; returns the loss. @param carry where it begins, and leaves its states */
  evaluate(batch: Batch, carry?: Carry): number {
    let loss = this.#penalty;
    this.#network.begin(carry, batch.B);
    const scores = this.#settledScores;
    scores.begin(batch.B);
    this.#infer(batch.data, batch, true, (ends) => {
      loss += scores.add(batch, this.#stretch, false, ends) + this.#network.activity;
    });
    return loss;
  }

  /** Outputs of the picked samples, to the same places in `outs`, one array an output. */
  predict(data: Batches, pick: Pick, outs: readonly Float32Array[], carry?: Carry): void {
    this.#network.begin(carry, pick.B);
    this.#infer(data, pick, false, (ends) => {
      this.#network.heads.forEach(({ port, whole, output }, i) => {
        if (!ends && !port.sequence) return;
        const stretch = this.#network.streams ? this.#stretch : whole;
        unstage(this.#memory, output, outs[i], port, pick.from, pick.B, stretch);
      });
    });
  }

  /** Runs over time in stretches; `each` looks at the outputs of one. */
  #infer(data: Batches, pick: Pick, logits: boolean, each: (ends: boolean) => void): void {
    const network = this.#network;
    const steps = this.#workspace.prepareInference(pick.B);
    const all = network.allSteps;
    for (let from = 0; from < all; from += steps) {
      this.#cover(false, pick.B, from, Math.min(steps, all - from));
      this.#stageInputs(data, pick);
      const ends = from + steps >= all;
      network.forward(logits, ends);
      each(ends);
    }
  }

  #cover(training: boolean, B: number, from: number, steps: number): void {
    this.#stretch.from = from;
    this.#stretch.steps = steps;
    this.#network.cover(training, this.counters.steps, B, from, steps);
  }

  #stageInputs(data: Batches, pick: Pick): void {
    const { inputs, streams } = this.#network;
    for (let i = 0; i < inputs.length; i++) {
      const { view, whole } = inputs[i];
      data.stageInput(i, this.#memory, view, pick, streams ? this.#stretch : whole);
    }
  }

  /** The model asks for compile before it comes here. */
  get #settled(): Compiled {
    return this.#compiled as Compiled;
  }

  get #settledScores(): Scores {
    return this.#scores as Scores;
  }

  get #settledUpdater(): Updater {
    return this.#updater as Updater;
  }
}
