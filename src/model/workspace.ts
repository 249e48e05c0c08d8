import type { Kernels } from '../engine/kernels.js';
import { checkMemory, type EngineMemory } from '../engine/memory.js';
import type { Network } from './network.js';
import { transferFloats } from './parameters.js';
import { type Plan, planPass, REGION_ALIGNMENT } from './plan.js';

interface Prepared {
  readonly plan: Plan;
  /** The largest batch it holds. */
  readonly B: number;
  /** Time steps that it holds at once. */
  readonly steps: number;
}

type Mode = 'training' | 'inference';

/**
 * A model's bytes, in this order: parameters | gradients | optimizer slots | workspace. The
 * middle two come with the first training step. The workspace holds one pass at a time;
 * between passes weights travel through its beginning.
 */
export class Workspace {
  readonly parameters: number;
  gradients = 0;
  slots: readonly number[] = [];
  readonly #network: Network;
  readonly #memory: EngineMemory;
  readonly #kernels: Kernels;
  readonly #prepared = new Map<Mode, Prepared>();
  #bound: Prepared | undefined;
  #start: number;

  /** @throws SluiceError 'memory-limit' where the weights alone do not fit; allocates nothing. */
  constructor(network: Network, memory: EngineMemory, kernels: Kernels) {
    this.#network = network;
    this.#memory = memory;
    this.#kernels = kernels;
    this.parameters = aligned(memory.base);
    this.#start = this.parameters + this.#storeBytes;
    checkMemory(this.#start + 4 * transferFloats(network, kernels), 'a model of these layers');
  }

  /** The area through which weights go in and out, usable until the next pass. */
  transfer(): number {
    this.#memory.reserve(
      this.#start + 4 * transferFloats(this.#network, this.#kernels),
      'the weights of the model',
    );
    return this.#start;
  }

  /**
   * Makes room for training steps of at most B samples and points the network at it. The first
   * call gives gradients and slots their place between parameters and workspace.
   */
  prepareTraining(B: number, slots: number): void {
    if (this.gradients !== 0 && slots === this.slots.length) {
      this.#prepare('training', B);
      return;
    }
    const bytes = this.#storeBytes;
    const start = this.parameters + (2 + slots) * bytes;
    // before anything is moved or allocated: all of it must fit
    const plan = planPass(this.#network.request(B, true));
    this.#memory.reserve(start + plan.bytes, purpose('training', B));
    this.gradients = this.parameters + bytes;
    this.slots = Array.from({ length: slots }, (_, i) => this.parameters + (2 + i) * bytes);
    this.#start = start;
    this.#prepared.clear();
    this.#prepare('training', B);
  }

  /** Room for inference, likewise; returns how many time steps a pass may cover. */
  prepareInference(B: number): number {
    return this.#prepare('inference', B).steps;
  }

  /** To be called when other layers are to be trained: what is planned holds no more. */
  forgetPlans(): void {
    this.#prepared.clear();
    this.#bound = undefined;
  }

  /** Sets the optimizer's state to 0; after prepareTraining. */
  clearSlots(): void {
    for (const slot of this.slots) this.#kernels.fill(this.#network.owners.floats, slot, 0);
  }

  /**
   * Does nothing when the last pass was of this kind; grows memory only when B is the largest
   * so far.
   */
  #prepare(mode: Mode, B: number): Prepared {
    let prepared = this.#prepared.get(mode);
    if (!prepared || prepared.B < B) {
      const training = mode === 'training';
      const plan = planPass(this.#network.request(B, training));
      const steps = this.#network.steps(B, training);
      prepared = { plan, B, steps };
      this.#memory.reserve(this.#start + prepared.plan.bytes, purpose(mode, B));
      this.#prepared.set(mode, prepared);
    }
    if (this.#bound === prepared) return prepared;
    this.#bound = prepared;
    this.#network.bind(prepared.plan, this.#start, this.parameters, this.gradients);
    return prepared;
  }

  /** Where the workspace begins, and the end of all that is planned. */
  get start(): number {
    return this.#start;
  }

  get end(): number {
    const planned = [...this.#prepared.values()].map(({ plan }) => plan.bytes);
    const transfer = 4 * transferFloats(this.#network, this.#kernels);
    return this.#start + Math.max(transfer, ...planned);
  }

  get #storeBytes(): number {
    return aligned(4 * this.#network.owners.floats);
  }
}

const purpose = (mode: Mode, B: number): string =>
  `${mode === 'training' ? 'training with' : 'prediction in'} batches of ${B}`;

const aligned = (bytes: number): number => Math.ceil(bytes / REGION_ALIGNMENT) * REGION_ALIGNMENT;
