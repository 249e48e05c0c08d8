import { SluiceError } from '../errors.js';
import type { Constraint } from './constraint.js';
import type { Initializer } from './initializer.js';
import type { Regularizer } from './regularizer.js';

/** @throws SluiceError 'bad-option' for what options say of a bias that there is not */
export function checkBias(
  subject: string,
  {
    useBias,
    biasInitializer,
    biasRegularizer,
    biasConstraint,
  }: {
    readonly useBias: boolean;
    readonly biasInitializer: Initializer;
    readonly biasRegularizer: Regularizer | undefined;
    readonly biasConstraint?: Constraint | undefined;
  },
): void {
  if (useBias) return;
  let given: string;
  if (biasInitializer !== 'zeros') given = 'biasInitializer says how the bias begins';
  else if (biasRegularizer !== undefined) given = 'biasRegularizer is a penalty on the bias';
  else if (biasConstraint !== undefined) given = 'biasConstraint is about the bias';
  else return;
  throw new SluiceError(
    'bad-option',
    `${subject}: ${given}, but useBias: false leaves none; leave one of them out`,
  );
}
