// What recurrent cells can be made of, and the numbers by which their kernels know it.
import { choiceRule } from '../rules.js';
import type { RecurrentWeight } from './recurrent.js';

/**
 * What a cell does to its sums. hardSigmoid is relu6(x + 3) / 6, as in Keras 3; hardSigmoidTfjs is
 * clip(0.2 x + 0.5, 0, 1), as TensorFlow.js computes its hardSigmoid.
 */
export type CellActivation =
  | 'linear'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'hardSigmoid'
  | 'hardSigmoidTfjs';

/** The number by which the kernels know an activation. */
export const activationNumber = (name: CellActivation | 'positive'): number =>
  ACTIVATIONS.indexOf(name);

/** In the order of the kernels' numbers (assembly/cells/cell-activation.ts), which know 'positive' last. */
const NAMES = [
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'hardSigmoid',
  'hardSigmoidTfjs',
] as const satisfies readonly CellActivation[];
const ACTIVATIONS: readonly (CellActivation | 'positive')[] = [...NAMES, 'positive'];

export const cellActivationRule = choiceRule<CellActivation>(NAMES);

const CELLS = { rnn: 0, lstm: 1, minGRU: 2, minLSTM: 3, indRNN: 4, slstm: 5 } as const;

/** What a cell is made of. */
export interface CellKind {
  readonly cell: keyof typeof CELLS;
  /** Of the candidate; of the state where there is no other. */
  readonly activation: CellActivation | 'positive';
  /** Of an LSTM: what h is of c; of a Jordan network: of its output. */
  readonly output?: CellActivation;
  /** Of an LSTM: that of its gates. */
  readonly recurrentActivation?: CellActivation;
  /** Of an LSTM: which of i, f, o it has. */
  readonly gates?: string;
  /** f = 1 - i. */
  readonly coupled?: boolean;
  readonly peephole?: boolean;
  /** Gates see those of the step before: one more weight, `gateKernel`, and i, f, o among the state. */
  readonly gatesSeen?: boolean;
  /** Of an LSTM: products of x, of h, and c are normalized; weights `normWeights`. */
  readonly layerNorm?: boolean;
  /** Columns of h, where it is a projection of what the units put out; an RNN is Jordan's then. At most 4095. */
  readonly projection?: number | undefined;
  /** Of an sLSTM: blocks of its recurrent matrix. */
  readonly heads?: number;
  /** Of an sLSTM: its forget gate is exp. */
  readonly expForget?: boolean;
  readonly useBias: boolean;
}

/** The number by which the kernels know a cell (assembly/cells/cell-layout.ts). */
export function kindNumber(kind: CellKind): number {
  let number = CELLS[kind.cell] | (activationNumber(kind.activation) << 9);
  if (!kind.useBias) number |= 1 << 18;
  if (kind.cell === 'slstm') return number | ((kind.heads ?? 1) << 20) | (kind.expForget ? 16 : 0);
  number |= (kind.projection ?? 0) << 20;
  if (kind.cell === 'rnn' && kind.projection)
    number |= activationNumber(kind.output ?? 'tanh') << 12;
  if (kind.cell !== 'lstm') return number;
  const { output = 'tanh', recurrentActivation = 'sigmoid', gates = 'ifo' } = kind;
  number |= (activationNumber(output) << 12) | (activationNumber(recurrentActivation) << 15);
  ['i', 'f', 'o'].forEach((gate, i) => {
    if (gates.includes(gate)) number |= 16 << i;
  });
  if (kind.layerNorm) number |= 8;
  return (
    number | (kind.coupled ? 128 : 0) | (kind.peephole ? 256 : 0) | (kind.gatesSeen ? 1 << 19 : 0)
  );
}

/** Columns that h may have where it is a projection: what its number has room for. */
export const MOST_PROJECTED = 4095;

/**
 * Weights of the norms of an LSTM with so many products a step, in the order of the kernels: of x W, of h U and of c. They begin as
 * ones and zeros.
 */
export function normWeights(gates: number, H: number): RecurrentWeight[] {
  return ['kernel', 'recurrent', 'cell'].flatMap((part) => {
    const shape = [part === 'cell' ? H : gates * H];
    return [
      { name: `${part}Gamma`, shape, initializer: 'ones' },
      { name: `${part}Beta`, shape, initializer: 'zeros' },
    ];
  });
}
