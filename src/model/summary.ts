import { floatsOf } from '../layers/layer.js';
import { printable } from '../printable.js';
import type { Network } from './network.js';

/** Weights of a network as the world sees them, padding left out. */
export const countParameters = (network: Network): number =>
  network.nodes
    .flatMap((node) => node.weights)
    .reduce((sum, weight) => sum + floatsOf(weight.shape), 0);

/** A table of layers, output shapes and parameters, as text. */
export function summarize(title: string, network: Network): string {
  const rows = network.nodes.map((node) => [
    `${printable(node.name)} (${node.className})`,
    `[n, ${node.outputShape.join(', ')}]`,
    grouped(node.weights.reduce((sum, weight) => sum + floatsOf(weight.shape), 0)),
  ]);
  const head = ['Layer', 'Output shape', 'Parameters'];
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const line = ([layer, shape, count]: string[]) =>
    [layer.padEnd(widths[0]), shape.padEnd(widths[1]), count.padStart(widths[2])].join('  ');
  const rule = '-'.repeat(widths.reduce((a, b) => a + b, 4));
  return [
    title,
    rule,
    line(head),
    rule,
    ...rows.map(line),
    rule,
    `Input [n, ${network.inputShape.join(', ')}], ${grouped(countParameters(network))} parameters`,
  ].join('\n');
}

/** 12345 as 12,345, without the host's locale. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
