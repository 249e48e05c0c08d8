import type { Kernels } from '../engine/kernels.js';
import { blocksOf, type Owner } from './owners.js';
import { layOut } from './parameters.js';
import type { Workspace } from './workspace.js';

/** A matrix, or a vector as one row, in memory. */
export interface Place {
  readonly pointer: number;
  /** Floats from row to row. */
  readonly stride: number;
  /** The address of scratch that nothing else uses meanwhile. */
  readonly scratch: number;
}

/**
 * Where weights stand in the shape that Keras gives them, between two passes: tables do so where they are; others are
 * unpacked to the area through which weights go in and out, and packed again.
 */
export class WeightPlaces {
  readonly #kernels: Kernels;
  readonly #workspace: Workspace;

  constructor(kernels: Kernels, workspace: Workspace) {
    this.#kernels = kernels;
    this.#workspace = workspace;
  }

  /** @param index of the weight in its layer @param store the parameters, or their gradients */
  open(owner: Owner, index: number, store: number): Place {
    const { node, offset } = owner;
    const transfer = this.#workspace.transfer();
    if (node.table) {
      return { pointer: store + 4 * offset, stride: node.table.width, scratch: transfer };
    }
    const { pointers, scratch } = layOut(node, this.#kernels, transfer);
    node.unpack(pointers, blocksOf(owner, store + 4 * offset));
    return { pointer: pointers[index], stride: node.weights[index].shape.at(-1) ?? 1, scratch };
  }

  /** After open, and a change of what stands there. */
  close(owner: Owner, store: number): void {
    const { node, offset } = owner;
    if (node.table) return;
    const { pointers } = layOut(node, this.#kernels, this.#workspace.transfer());
    node.pack(pointers, blocksOf(owner, store + 4 * offset));
  }
}
