import type { Kernels } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import { vectorsAlong } from '../layers/constraint.js';
import type { WeightRule } from '../layers/weight-rules.js';
import type { Network } from './network.js';
import type { Owner } from './owners.js';
import { WeightPlaces } from './weight-places.js';
import type { Workspace } from './workspace.js';

/** The constraint of one weight. */
interface Item {
  readonly owner: Owner;
  /** Which of its layer's weights it is. */
  readonly index: number;
  readonly span: Span;
  readonly constraint: NonNullable<WeightRule['constraint']>;
}

/** What weights that are trained keep to after each step, as in Keras: a table as a whole. */
export class Constraints {
  /** No weight grows beyond it by a constraint. */
  readonly limit: number;
  readonly #kernels: Kernels;
  readonly #workspace: Workspace;
  readonly #places: WeightPlaces;
  readonly #items: readonly Item[];

  /** @param trained layers, by their numbers in the graph */
  constructor(
    kernels: Kernels,
    network: Network,
    workspace: Workspace,
    trained: readonly boolean[],
  ) {
    this.#kernels = kernels;
    this.#workspace = workspace;
    this.#places = new WeightPlaces(kernels, workspace);
    const { list, spans } = network.owners;
    this.#items = list
      .filter(({ layer }) => trained[layer])
      .flatMap((owner) =>
        owner.rules.flatMap(({ weight, constraint }) => {
          if (constraint === undefined) return [];
          const index = owner.node.weights.findIndex(({ name }) => name === weight);
          const span = spans.find(({ name }) => name === `${owner.name}/${weight}`) as Span;
          return [{ owner, index, span, constraint }];
        }),
      );
    const least = this.#items.map(({ constraint }) =>
      constraint === 'nonNegative' ? 0 : constraint.least,
    );
    this.limit = Math.max(0, ...least);
  }

  /** After the optimizer. */
  apply(): void {
    for (const item of this.#items) this.#apply(item);
  }

  #apply({ owner, index, span, constraint }: Item): void {
    const { parameters } = this.#workspace;
    if (constraint === 'nonNegative') {
      const { runs, length, stride, offset } = span;
      this.#kernels.dropNegatives(runs, length, stride, parameters + 4 * offset);
      return;
    }
    const { axes, least, most, rate } = constraint;
    const { pointer, stride, scratch } = this.#places.open(owner, index, parameters);
    const vectors = vectorsAlong('', axes, owner.node.weights[index].shape, stride);
    this.#kernels.constrainNorms(...vectors, pointer, least, most, rate, scratch);
    this.#places.close(owner, parameters);
  }
}
