import type { LayerNode } from '../layers/node.js';
import { floatsOf, type Shape } from '../layers/port.js';
import { printable } from '../printable.js';
import type { Graph } from './graph.js';
import type { NamedLayer } from './layer-list.js';
import type { Network } from './network.js';
import type { Owner } from './owners.js';

/** Weights of a network as the world sees them, padding left out. */
export const countParameters = ({ owners }: Network): number =>
  owners.list.reduce((sum, owner) => sum + parametersOf(owner), 0);

const parametersOf = (owner: Owner | undefined): number =>
  owner?.node.weights.reduce((sum, weight) => sum + floatsOf(weight.shape), 0) ?? 0;

/** Those that gradients move. */
const trainedOf = (owner: Owner | undefined): number =>
  owner?.node.weights
    .slice(0, owner.node.weights.length - owner.node.statistics)
    .reduce((sum, weight) => sum + floatsOf(weight.shape), 0) ?? 0;

/** A column of the table. */
interface Column {
  readonly head: string;
  readonly alignsRight?: boolean;
  cell(row: Row): string;
}

/** A layer: what several calls of it give stands in one line. */
interface Row {
  readonly named: NamedLayer;
  /** Which of the graph's calls. */
  readonly calls: readonly number[];
  readonly owner: Owner | undefined;
}

/**
 * A table of layers, output shapes and parameters, as text. What a chain does not tell: what each layer is
 * called on, where the graph is none, and which layers learn, where some are frozen, as Keras writes them.
 */
export function summarize(title: string, network: Network): string {
  const { graph } = network;
  const rows = rowsOf(network);
  const chain = isChain(graph);
  const frozen = rows.filter(({ named, owner }) => owner && !named.layer.trainable);
  const trained = rows.filter(({ named }) => named.layer.trainable);
  const columns = [
    ...columnsOf(network),
    ...(chain ? [] : [connectionsOf(graph)]),
    ...(frozen.length > 0 ? [TRAINABLE] : []),
  ];
  const cells = columns.map(({ head, cell }) => [head, ...rows.map(cell)]);
  const widths = cells.map((column) => Math.max(...column.map((text) => text.length)));
  const line = (row: number) =>
    cells
      .map((column, i) =>
        columns[i].alignsRight ? column[row].padStart(widths[i]) : column[row].padEnd(widths[i]),
      )
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(widths.reduce((a, b) => a + b, 2 * (widths.length - 1)));
  const inputs = network.inputs.map(({ name, port }) =>
    chain ? batchOf(port.shape) : `${printable(name)} ${batchOf(port.shape)}`,
  );
  const all = countParameters(network);
  const learning = trained.reduce((sum, { owner }) => sum + trainedOf(owner), 0);
  const counts = `${grouped(all)} parameters${learning < all ? `, ${grouped(learning)} trainable` : ''}`;
  return [
    title,
    rule,
    line(0),
    rule,
    ...rows.map((_, i) => line(i + 1)),
    rule,
    `Input ${inputs.join(', ')}, ${counts}`,
  ].join('\n');
}

const columnsOf = ({ nodes }: Network): Column[] => [
  {
    head: 'Layer',
    cell: ({ named: { name, layer } }) => `${printable(name)} (${layer.className})`,
  },
  {
    head: 'Output shape',
    cell: ({ calls }) => [...new Set(calls.flatMap((call) => shapesOf(nodes[call])))].join(', '),
  },
  { head: 'Parameters', alignsRight: true, cell: ({ owner }) => grouped(parametersOf(owner)) },
];

/** Y and N as in Keras; nothing to learn is neither. */
const TRAINABLE: Column = {
  head: 'Trainable',
  cell: ({ named, owner }) => (owner ? (named.layer.trainable ? 'Y' : 'N') : '-'),
};

/** Each value as layer[call][output], as in Keras. */
function connectionsOf({ inputs, calls, layers }: Graph): Column {
  const names = new Map(inputs.map(({ name, value }) => [value, `${printable(name)}[0][0]`]));
  const counts = layers.map(() => 0);
  for (const { layer, outputs } of calls) {
    const call = counts[layer]++;
    outputs.forEach((value, output) => {
      names.set(value, `${printable(layers[layer].name)}[${call}][${output}]`);
    });
  }
  return {
    head: 'Connected to',
    cell: (row) =>
      row.calls.flatMap((call) => calls[call].inputs.map((value) => names.get(value))).join(', '),
  };
}

/** Whether each call reads what the one before gives, and nobody else does. */
const isChain = ({ inputs, outputs, layers, calls }: Graph): boolean =>
  inputs.length === 1 &&
  outputs.length === 1 &&
  layers.length <= calls.length + 1 &&
  new Set(calls.map(({ layer }) => layer)).size === calls.length &&
  calls.every(({ inputs: read }, i) => {
    const before = i === 0 ? [inputs[0].value] : calls[i - 1].outputs;
    return read.length === 1 && before.length === 1 && read[0] === before[0];
  });

function rowsOf({ graph, owners }: Network): Row[] {
  return graph.layers
    .map((named, index) => ({
      named,
      calls: graph.calls.flatMap(({ layer }, call) => (layer === index ? [call] : [])),
      owner: owners.list.find((owner) => owner.layer === index),
    }))
    .filter(({ calls }) => calls.length > 0);
}

const shapesOf = ({ outputPorts }: LayerNode): string[] =>
  outputPorts.map(({ shape }) => batchOf(shape));

const batchOf = (shape: Shape): string => `[n, ${shape.join(', ')}]`;

/** 12345 as 12,345, without the host's locale. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
