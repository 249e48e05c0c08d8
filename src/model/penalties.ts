import type { Kernels } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import { type Penalty, vectorsOf } from '../layers/regularizer.js';
import type { Network } from './network.js';
import type { Owner } from './owners.js';
import { WeightPlaces } from './weight-places.js';
import type { Workspace } from './workspace.js';

/** The penalty of one weight. */
interface Item {
  readonly owner: Owner;
  /** Which of its layer's weights it is. */
  readonly index: number;
  readonly span: Span;
  readonly penalty: Penalty;
}

/**
 * What regularizers add to the loss, and to the gradients of their weights, as in Keras: of each weight that is trained
 * once, whatever the calls of its layer, and of a table as a whole.
 */
export class Penalties {
  readonly #kernels: Kernels;
  readonly #workspace: Workspace;
  readonly #places: WeightPlaces;
  readonly #items: readonly Item[];
  /** The last sum, and of which layers; undefined once weights have changed. */
  #last: { readonly of: string; readonly sum: number } | undefined;

  constructor(kernels: Kernels, network: Network, workspace: Workspace) {
    this.#kernels = kernels;
    this.#workspace = workspace;
    this.#places = new WeightPlaces(kernels, workspace);
    this.#items = network.owners.list.flatMap((owner) =>
      owner.rules.flatMap(({ weight, penalty }) => {
        if (penalty === undefined) return [];
        const index = owner.node.weights.findIndex(({ name }) => name === weight);
        const { spans } = network.owners;
        const span = spans.find(({ name }) => name === `${owner.name}/${weight}`) as Span;
        return [{ owner, index, span, penalty }];
      }),
    );
  }

  /** To be called when weights have changed. */
  forget(): void {
    this.#last = undefined;
  }

  /** Between two passes. @param trained layers, by their numbers in the graph */
  sum(trained: readonly boolean[]): number {
    if (this.#items.length === 0) return 0;
    const of = trained.join();
    if (this.#last?.of === of) return this.#last.sum;
    let sum = 0;
    for (const item of this.#items) if (trained[item.owner.layer]) sum += this.#sumOf(item);
    this.#last = { of, sum };
    return sum;
  }

  #sumOf(item: Item): number {
    const { runs, length, stride, offset } = item.span;
    const { l1, l2, orthogonal } = item.penalty;
    const w = this.#workspace.parameters + 4 * offset;
    let sum = 0;
    if (l1 > 0) sum += l1 * this.#kernels.sumOfMagnitudes(runs, length, stride, w);
    if (l2 > 0) sum += l2 * this.#kernels.sumOfSquares(runs, length, stride, w);
    if (orthogonal > 0) sum += this.#compare(item, 0).sum;
    return sum;
  }

  /** After a backward pass. */
  addGradients(trained: readonly boolean[]): void {
    for (const item of this.#items) if (trained[item.owner.layer]) this.#addGradient(item);
  }

  #addGradient(item: Item): void {
    const { owner, span, penalty } = item;
    const { runs, length, stride, offset } = span;
    const { l1, l2, orthogonal } = penalty;
    const { parameters, gradients } = this.#workspace;
    const [w, g] = [parameters + 4 * offset, gradients + 4 * offset];
    if (l1 > 0 || l2 > 0) this.#kernels.addPenaltyGradient(runs, length, stride, w, g, l1, l2);
    if (orthogonal > 0) this.#addOrthogonal(item);
    if (!owner.node.table) return;
    // every row has a gradient now
    const record = gradients + 4 * (owner.offset + owner.node.blockFloats[0]);
    this.#kernels.touchAllRows(owner.node.table.count, record);
  }

  /** Compares vectors of a matrix with each other. @param wanted 1: for addOrthogonalGradient */
  #compare({ owner, index, penalty }: Item, wanted: number) {
    const { pointer, stride, scratch } = this.#places.open(
      owner,
      index,
      this.#workspace.parameters,
    );
    const [n, m] = vectorsOf(penalty, owner.node.weights[index].shape);
    const [step, elementStep] = penalty.mode === 'rows' ? [stride, 1] : [1, stride];
    const size = [n, m, step, elementStep] as const;
    const { orthogonal } = penalty;
    const sum = this.#kernels.orthogonalPenalty(...size, pointer, orthogonal, wanted, scratch);
    return { size, sum };
  }

  #addOrthogonal(item: Item): void {
    const { owner, index, penalty } = item;
    const { gradients } = this.#workspace;
    const { size } = this.#compare(item, 1);
    const { pointer, scratch } = this.#places.open(owner, index, gradients);
    this.#kernels.addOrthogonalGradient(...size, pointer, penalty.orthogonal, scratch);
    this.#places.close(owner, gradients);
  }
}
