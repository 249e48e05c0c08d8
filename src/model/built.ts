import type { Engine } from '../engine/engine.js';
import { seedWords } from '../random.js';
import type { Compiled } from './compile-options.js';
import type { Signature } from './dataset.js';
import type { Design } from './design.js';
import type { Graph } from './graph.js';
import { Network } from './network.js';
import { Passes } from './passes.js';
import { Workspace } from './workspace.js';

/** What becomes of a model once it knows its input shape. */
export interface Built {
  readonly network: Network;
  readonly workspace: Workspace;
  readonly passes: Passes;
}

export type Internals = Engine & Built;

export function connect(design: Design, graph: Graph, { kernels, memory }: Engine): Built {
  const network = new Network(graph, kernels, seedWords(design.seed));
  const workspace = new Workspace(network, memory, kernels);
  return { network, workspace, passes: new Passes(kernels, memory, network, workspace) };
}

/** What the model takes and gives, and how errors call it. */
export function signatureOf(
  design: Design,
  network: Network,
  compiled: Compiled | undefined,
): Signature {
  const endings = [...design.endings.values()];
  return {
    inputs: network.inputs.map(({ name, port, range }) => ({
      name,
      range,
      label: design.inputLabel(name),
      port,
    })),
    outputs: network.heads.map(({ name, port }, i) => ({
      name,
      label: endings[i].label,
      port,
      classes: compiled?.goals[i].loss.sparseTargets ?? false,
      perSample: compiled?.goals[i].pass.byLayer ?? false,
    })),
  };
}
