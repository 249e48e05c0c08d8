// A penalty on a weight, as data: a name, or an object of a class and its parameters, as in Keras 3.
import { choiceRule } from '../rules.js';
import { catalogue, float32Rule } from './catalogue.js';
import type { Shape } from './port.js';

/** Regularizers by name, with the factor 0.01 that Keras gives them by default. */
export type RegularizerName = 'l1' | 'l2' | 'orthogonal';

/** A regularizer with its factors, as the functions of `regularizers` give it: plain data that JSON keeps. */
export interface RegularizerConfig {
  /** 'L1', 'L2', 'L1L2' or 'OrthogonalRegularizer', as in Keras. */
  readonly className: string;
  /** Those of its function. */
  readonly [parameter: string]: string | number;
}

/** A name, or a regularizer with factors. */
export type Regularizer = RegularizerName | RegularizerConfig;

const factor = float32Rule('a finite number from 0 up', (value) => value >= 0);
const factorOr = (usual: number) => ({ ...factor, otherwise: () => usual });

const ORTHOGONAL = 'OrthogonalRegularizer';

export const regularizerCatalogue = catalogue<RegularizerName, RegularizerConfig>(
  'regularizers',
  {
    L1: { l1: factorOr(0.01) },
    L2: { l2: factorOr(0.01) },
    L1L2: { l1: factorOr(0), l2: factorOr(0) },
    [ORTHOGONAL]: {
      factor: factorOr(0.01),
      mode: { ...choiceRule(['rows', 'columns']), otherwise: () => 'rows' },
    },
  },
  { l1: 'L1', l2: 'L2', orthogonal: ORTHOGONAL },
);

/** Of matrices. */
export const regularizerRule = regularizerCatalogue.rule();

/** Of biases. */
export const biasRegularizerRule = regularizerCatalogue.rule(
  [ORTHOGONAL],
  ' (orthogonal is for matrices alone)',
);

/** Of what comes out of a layer. */
export const activityRegularizerRule = regularizerCatalogue.rule(
  [ORTHOGONAL],
  ' (orthogonal is for matrices of weights alone)',
);

/** The option of layers whose output can have a penalty, as in Keras. */
export interface ActivityOptions {
  /**
   * A penalty on what comes out, states of returnState too: its sum over the batch, divided by the samples of the batch, is added
   * to the loss, in evaluate too; not orthogonal, which is for matrices of weights. Default: none.
   */
  activityRegularizer?: Regularizer | undefined;
}

/** What a penalty is made of: factors of the sum of magnitudes and of squares, or that of orthogonality. */
export interface Penalty {
  readonly l1: number;
  readonly l2: number;
  readonly orthogonal: number;
  readonly mode: 'rows' | 'columns';
}

export function penaltyOf(regularizer: Regularizer): Penalty {
  const { l1 = 0, l2 = 0, factor = 0, mode = 'rows' } = regularizerCatalogue.resolved(regularizer);
  return { l1, l2, orthogonal: factor, mode } as Penalty;
}

/** How many vectors an orthogonal penalty compares, and how long they are. */
export const vectorsOf = ({ mode }: Penalty, [rows, columns]: Shape): readonly [number, number] =>
  mode === 'rows' ? [rows, columns] : [columns, rows];
