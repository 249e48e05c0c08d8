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
  const inSteps = calls.map(({ inputs, outputs }, i) => {
    const node = network.nodes[i];
    const active = inputs.some((value) => stepped[value]);
    for (const value of outputs) stepped[value] = active;
    follows.push(
      inputs.map(
        (value, k) =>
          active && values[value].sequence && !stepped[value] && !node.wholeInputs?.includes(k),
      ),
    );
    if (active) checkNode(network, node, calls[i], stepped);
    return active;
  });
  return { stepped, follows, inSteps };
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
    const whole = node.wholeSequences && (node.wholeInputs?.includes(k) ?? true);
    if (whole) refuse('looks at the whole sequence that is decoded');
  });
}

/** The time steps of sequences that each step reads its own of: no more can be decoded. */
export function stepsAtMost({ graph }: Network, { follows }: Stepping): number {
  const steps = follows.flatMap((flags, i) =>
    flags.flatMap((on, k) => (on ? [graph.values[graph.calls[i].inputs[k]].steps] : [])),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...steps);
}
