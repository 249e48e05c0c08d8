import type { Span } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import type { LayerNode } from '../layers/node.js';
import type { WeightRule } from '../layers/weight-rules.js';
import type { Graph } from './graph.js';

/** A layer with weights: the nodes of all its calls work with the same parameters. */
export interface Owner {
  /** The layer's name in the model. */
  readonly name: string;
  /** Which of the graph's layers it is. */
  readonly layer: number;
  /** The node of its first call: it knows how weights are packed and drawn. */
  readonly node: LayerNode;
  /** What is asked of its weights in training. */
  readonly rules: readonly WeightRule[];
  /** Floats before its first block in the store of all parameters. */
  readonly offset: number;
  readonly floats: number;
  /** Those of weights that gradients move: they come first. */
  readonly trained: number;
}

/** The parameters of a network: one stretch a layer, in the order of getWeights. */
export class Owners {
  readonly list: readonly Owner[];
  /** Floats of all parameter blocks, which stand one after the other. */
  readonly floats: number;
  /** Where every weight, by its full name, stands in the store, in the order of getWeights. */
  readonly spans: readonly Span[];
  /** Of each node: undefined for one without weights. */
  readonly #ofNode: readonly (Owner | undefined)[];

  /** @throws SluiceError 'bad-shape' where the calls of a layer need other weights each. */
  constructor({ layers, calls }: Graph, nodes: readonly LayerNode[]) {
    const list: Owner[] = [];
    let offset = 0;
    layers.forEach(({ name, layer: { weightRules: rules } }, layer) => {
      const own = nodes.filter((_, i) => calls[i].layer === layer);
      const [node] = own;
      if (!node || node.weights.length === 0) return;
      for (const other of own) checkSameWeights(name, node, other);
      const floats = total(node.blockFloats);
      const trained = total(node.blockFloats.slice(0, node.blockFloats.length - node.statistics));
      list.push({ name, layer, node, rules, offset, floats, trained });
      offset += floats;
    });
    this.list = list;
    this.floats = offset;
    this.spans = list.flatMap(spansOf);
    this.#ofNode = calls.map(({ layer }) => list.find((owner) => owner.layer === layer));
  }

  ofNode(node: number): Owner | undefined {
    return this.#ofNode[node];
  }

  /** Addresses of a node's parameter blocks, when the store begins at `base`. */
  blocks(node: number, base: number): number[] {
    const owner = this.#ofNode[node];
    return owner ? blocksOf(owner, base + 4 * owner.offset) : [];
  }
}

/** Addresses of an owner's blocks, the first of which stands at `first`. */
export function blocksOf({ node }: Owner, first: number): number[] {
  let next = first;
  return node.blockFloats.map((floats) => {
    const address = next;
    next += 4 * floats;
    return address;
  });
}

const spansOf = ({ name, node, offset }: Owner): Span[] =>
  node.spans.map((span) => ({
    ...span,
    name: `${name}/${span.name}`,
    offset: offset + span.offset,
  }));

const total = (floats: readonly number[]): number => floats.reduce((a, b) => a + b, 0);

function checkSameWeights(name: string, first: LayerNode, other: LayerNode): void {
  const shapes = ({ weights }: LayerNode) => weights.map(({ shape }) => `[${shape.join(', ')}]`);
  if (shapes(first).join() === shapes(other).join()) return;
  throw new SluiceError(
    'bad-shape',
    `layer ${name} is called on [${first.inputPorts[0].shape.join(', ')}] and on ` +
      `[${other.inputPorts[0].shape.join(', ')}], but its weights fit one of them alone ` +
      `(${shapes(first).join(', ')} or ${shapes(other).join(', ')}); use a layer for each`,
  );
}
