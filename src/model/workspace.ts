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

/** What a plan is for: training, or inference over so many time steps at once. */
type Kind = 'training' | number;

/** Somebody with bytes of his own behind the workspace, which move on when that grows. */
export interface Lodger {
  readonly bytes: number;
  /** They stand there now, with what they held. */
  moveTo(address: number): void;
}

/**
 * A model's bytes, in this order: parameters | gradients | optimizer slots | workspace. The
 * middle two come with the first training step. The workspace holds one pass at a time;
 * between passes weights travel through its beginning. Behind it stands what others keep (streams).
 */
export class Workspace {
  readonly parameters: number;
  gradients = 0;
  slots: readonly number[] = [];
  readonly #network: Network;
  readonly #memory: EngineMemory;
  readonly #kernels: Kernels;
  readonly #prepared = new Map<Kind, Prepared>();
  #bound: Prepared | undefined;
  #start: number;
  #lodgers: readonly Lodger[] = [];
  /** Where the first of them stands. */
  #lodging = 0;

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
    this.#reserve(
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
    this.#reserve(start + plan.bytes, purpose('training', B));
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

  /** Sets the optimizer's state, and gradients that are added up, to 0; after prepareTraining. */
  clearSlots(): void {
    for (const slot of [this.gradients, ...this.slots])
      this.#kernels.fill(this.#network.owners.floats, slot, 0);
  }

  /**
   * Does nothing when the last pass was of this kind; grows memory only when B is the largest
   * so far of its kind. How many steps a pass covers follows from its own B alone, whatever was
   * planned before: figures are sums of what these give.
   */
  #prepare(mode: Mode, B: number): Prepared {
    const training = mode === 'training';
    const steps = this.#network.steps(B, training);
    const kind = training ? mode : steps;
    let prepared = this.#prepared.get(kind);
    if (!prepared || prepared.B < B) {
      prepared = { plan: planPass(this.#network.request(B, training)), B, steps };
      this.#reserve(this.#start + prepared.plan.bytes, purpose(mode, B));
      this.#prepared.set(kind, prepared);
    }
    if (this.#bound === prepared) return prepared;
    this.#bound = prepared;
    this.#network.bind(prepared.plan, this.#start, this.parameters, this.gradients);
    return prepared;
  }

  /** Gives somebody a place behind the workspace. @throws SluiceError 'memory-limit' */
  lodge(lodger: Lodger, subject: string): void {
    if (this.#lodgers.length === 0) this.#lodging = aligned(this.end);
    const at = this.#lodging + sizeOf(this.#lodgers);
    this.#memory.reserve(at + aligned(lodger.bytes), subject);
    this.#lodgers = [...this.#lodgers, lodger];
    lodger.moveTo(at);
  }

  /** Closes the gap that he leaves. */
  leave(lodger: Lodger): void {
    const index = this.#lodgers.indexOf(lodger);
    if (index < 0) return;
    const later = this.#lodgers.slice(index + 1);
    const at = this.#lodging + sizeOf(this.#lodgers.slice(0, index));
    this.#lodgers = this.#lodgers.filter((one) => one !== lodger);
    this.#move(later, at + aligned(lodger.bytes), at);
  }

  /** Makes addresses up to `end` the workspace's own. */
  #reserve(end: number, subject: string): void {
    const crowded = this.#lodgers.length > 0 && end > this.#lodging;
    if (!crowded) {
      this.#memory.reserve(end, subject);
      return;
    }
    const to = aligned(end);
    this.#memory.reserve(to + sizeOf(this.#lodgers), subject);
    this.#move(this.#lodgers, this.#lodging, to);
    this.#lodging = to;
  }

  /** Takes lodgers that stand side by side elsewhere. */
  #move(lodgers: readonly Lodger[], from: number, to: number): void {
    const { floats } = this.#memory;
    floats.copyWithin(to / 4, from / 4, (from + sizeOf(lodgers)) / 4);
    let at = to;
    for (const lodger of lodgers) {
      lodger.moveTo(at);
      at += aligned(lodger.bytes);
    }
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

const sizeOf = (lodgers: readonly Lodger[]): number =>
  lodgers.reduce((sum, { bytes }) => sum + aligned(bytes), 0);

const aligned = (bytes: number): number => Math.ceil(bytes / REGION_ALIGNMENT) * REGION_ALIGNMENT;
