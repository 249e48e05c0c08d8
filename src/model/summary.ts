import type { LayerNode } from '../layers/node.js';
import { floatsOf, type Shape } from '../layers/port.js';
import { printable } from '../printable.js';
import type { Network } from './network.js';
import type { Owner } from './owners.js';

/** Weights of a network as the world sees them, padding left out. */
export const countParameters = ({ owners }: Network): number =>
  owners.list.reduce((sum, owner) => sum + parametersOf(owner), 0);

const parametersOf = ({ node }: Owner): number =>
  node.weights.reduce((sum, weight) => sum + floatsOf(weight.shape), 0);

/** A table of layers, output shapes and parameters, as text. */
export function summarize(title: string, network: Network): string {
  const rows = rowsOf(network);
  const head = ['Layer', 'Output shape', 'Parameters'];
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const line = ([layer, shape, count]: string[]) =>
    [layer.padEnd(widths[0]), shape.padEnd(widths[1]), count.padStart(widths[2])].join('  ');
  const rule = '-'.repeat(widths.reduce((a, b) => a + b, 4));
  const inputs = network.inputs.map(({ port }) => batchOf(port.shape)).join(', ');
  return [
    title,
    rule,
    line(head),
    rule,
    ...rows.map(line),
    rule,
    `Input ${inputs}, ${grouped(countParameters(network))} parameters`,
  ].join('\n');
}

/** A line for each layer; what several calls of one give stands in one line. */
function rowsOf({ graph, nodes, owners }: Network): string[][] {
  const called = graph.layers.map(({ layer, name }, index) => ({
    title: `${printable(name)} (${layer.className})`,
    calls: nodes.filter((_, i) => graph.calls[i].layer === index),
    owner: owners.list.find((owner) => owner.layer === index),
  }));
  return called
    .filter(({ calls }) => calls.length > 0)
    .map(({ title, calls, owner }) => [
      title,
      [...new Set(calls.flatMap(shapesOf))].join(', '),
      grouped(owner ? parametersOf(owner) : 0),
    ]);
}

const shapesOf = ({ outputPorts }: LayerNode): string[] =>
  outputPorts.map(({ shape }) => batchOf(shape));

const batchOf = (shape: Shape): string => `[n, ${shape.join(', ')}]`;

/** 12345 as 12,345, without the host's locale. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
