import type { Kernels } from '../engine/kernels.js';
import { checkMemory, type EngineMemory } from '../engine/memory.js';
import type { Network } from './network.js';
import { transferFloats } from './parameters.js';
import { type Plan, planPass, REGION_ALIGNMENT } from './plan.js';

interface Prepared {
  readonly plan: Plan;
  /** The largest batch it holds. */
  readonly B: number;
  readonly wantInputGradient: boolean;
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

  /** Gives gradients and optimizer slots their place; slots start at 0. */
  startTraining(slots: number): void {
    const bytes = this.#storeBytes;
    if (this.gradients === 0 || slots !== this.slots.length) {
      const start = this.parameters + (2 + slots) * bytes;
      this.#memory.reserve(start, 'weights, gradients and optimizer state');
      this.gradients = this.parameters + bytes;
      this.slots = Array.from({ length: slots }, (_, i) => this.parameters + (2 + i) * bytes);
      this.#start = start;
      this.#prepared.clear();
      this.#bound = undefined;
    }
    for (const slot of this.slots) this.#kernels.fill(this.#network.parameterFloats, slot, 0);
  }

  /**
   * Makes room for passes over at most B samples and points the network at it. Does nothing
   * when the last pass was of this kind; grows memory only when B is the largest so far.
   */
  prepare(mode: Mode, B: number, wantInputGradient = false): void {
    let prepared = this.#prepared.get(mode);
    if (!prepared || prepared.B < B || (wantInputGradient && !prepared.wantInputGradient)) {
      const training = mode === 'training';
      const request = this.#network.request(B, training, wantInputGradient);
      prepared = { plan: planPass(request), B, wantInputGradient };
      const what = training ? 'training with batches' : 'prediction in batches';
      this.#memory.reserve(this.#start + prepared.plan.bytes, `${what} of ${B}`);
      this.#prepared.set(mode, prepared);
    }
    if (this.#bound === prepared) return;
    this.#bound = prepared;
    this.#network.bind(
      prepared.plan,
      this.#start,
      this.parameters,
      this.gradients,
      prepared.wantInputGradient,
    );
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
    return aligned(4 * this.#network.parameterFloats);
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / REGION_ALIGNMENT) * REGION_ALIGNMENT;
