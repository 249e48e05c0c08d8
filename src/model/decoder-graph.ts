// Which part of a graph decoding runs once, and which at each step: what lies between the input that tokens go into and
// the output comes a step at a time, all else as a whole.
import { SluiceError } from '../errors.js';
import type { LayerNode } from '../layers/node.js';
import { portText } from '../layers/port.js';
import type { GraphCall } from './graph.js';
import type { Network, Stepping } from './network.js';

/** @throws SluiceError 'bad-option' for a graph whose layers look at tokens to come, or have an end to wait for. */
export function steppingOf(network: Network, input: number): Stepping {
  const { calls, values } = network.graph;
  const stepped = values.map((_, value) => value === input);
  const follows: boolean[][] = [];
  const grows: boolean[][] = [];
  const inSteps = calls.map(({ inputs, outputs }, i) => {
    const node = network.nodes[i];
    const active = inputs.some((value) => stepped[value]);
    for (const value of outputs) stepped[value] = active;
    const whole = inputs.map((_, k) => node.wholeInputs?.includes(k) ?? false);
    follows.push(
      inputs.map((value, k) => active && values[value].sequence && !stepped[value] && !whole[k]),
    );
    grows.push(inputs.map((value, k) => stepped[value] && whole[k]));
    if (active) checkNode(network, node, calls[i], stepped);
    return active;
  });
  return { stepped, follows, grows, inSteps };
}

function checkNode(
  { graph }: Network,
  node: LayerNode,
  { inputs }: GraphCall,
  stepped: readonly boolean[],
): void {
  const named = `layer ${node.name} (${node.className})`;
  const refuse = (why: string) => {
    throw new SluiceError(
      'bad-option',
      `decode: ${named} ${why}; decoding needs a layer that each step leaves as it is for the steps before`,
    );
  };
  inputs.forEach((value, k) => {
    if (!stepped[value]) return;
    if (!graph.values[value].sequence) {
      refuse(
        `reads ${portText(graph.values[value])}, what is left at the end of the sequence that is decoded`,
      );
    }
    if (!node.wholeSequences) return;
    if (!node.wholeInputs) refuse('looks at the whole sequence that is decoded');
    if (!node.wholeInputs?.includes(k)) return;
    if (!node.causal) {
      refuse('looks at the whole sequence that is decoded: give it useCausalMask: true');
    }
    const mixed = inputs.some((other, j) => node.wholeInputs?.includes(j) && !stepped[other]);
    if (mixed) refuse('attends to a key or value of the decoder beside one that is no part of it');
  });
}

/**
 * The most tokens that can be decoded: the time steps of sequences of which each step reads its own, and of those that a
 * layer attends to, whose scores have a column for each step that is declared.
 */
export function stepsAtMost({ graph }: Network, { follows, grows }: Stepping): number {
  const steps = graph.calls.flatMap(({ inputs }, i) =>
    inputs.flatMap((value, k) => (follows[i][k] || grows[i][k] ? [graph.values[value].steps] : [])),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...steps);
}
