// What the options of a layer ask of its weights while they are trained, beside what the loss over the data asks.
import type { Kernels } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import { type Constraint, type Norms, normsOf, vectorsAlong } from './constraint.js';
import type { WeightSpec } from './node.js';
import type { Shape } from './port.js';
import { type Penalty, penaltyOf, type Regularizer, vectorsOf } from './regularizer.js';

/** Of one weight: a penalty, or what it keeps to. */
export interface WeightRule {
  /** Its name in its layer. */
  readonly weight: string;
  /** The option that says it. */
  readonly option: string;
  /** What is added to the loss. */
  readonly penalty?: Penalty;
  /** What is done after a step; 'nonNegative': numbers below 0 become 0. */
  readonly constraint?: Norms | 'nonNegative';
}

/** The weight that an option such as kernelRegularizer is about. */
const WEIGHTS = {
  kernel: 'kernel',
  recurrent: 'recurrentKernel',
  bias: 'bias',
  embeddings: 'embeddings',
  transition: 'transitions',
  gamma: 'gamma',
  beta: 'beta',
} as const;

/** The rules in the options of a layer. */
export function weightRules(config: Readonly<Record<string, unknown>>): readonly WeightRule[] {
  return Object.entries(WEIGHTS).flatMap(([part, weight]) => {
    const [regularized, constrained] = [`${part}Regularizer`, `${part}Constraint`];
    const [regularizer, constraint] = [config[regularized], config[constrained]];
    const rules: WeightRule[] = [];
    if (regularizer !== undefined) {
      const penalty = penaltyOf(regularizer as Regularizer);
      rules.push({ weight, option: regularized, penalty });
    }
    if (constraint !== undefined) {
      const norms = normsOf(constraint as Constraint) ?? 'nonNegative';
      rules.push({ weight, option: constrained, constraint: norms });
    }
    return rules;
  });
}

/**
 * Refuses what has no meaning for the shape of a weight.
 * @param label names the layer
 * @throws SluiceError 'bad-option'
 */
export function checkWeightRules(
  label: string,
  rules: readonly WeightRule[],
  weights: readonly WeightSpec[],
): void {
  for (const { weight, option, penalty, constraint } of rules) {
    const shape = weights.find(({ name }) => name === weight)?.shape as Shape;
    if (penalty) checkPenalty(label, option, weight, shape, penalty);
    if (typeof constraint === 'object') vectorsAlong(`${label}: ${option}`, constraint.axes, shape);
  }
}

function checkPenalty(
  label: string,
  option: string,
  weight: string,
  shape: Shape,
  penalty: Penalty,
): void {
  if (penalty.orthogonal === 0 || vectorsOf(penalty, shape)[0] > 1) return;
  throw new SluiceError(
    'bad-option',
    `${label}: ${option} wants ${penalty.mode} that are orthogonal to each other, but ${weight} ` +
      `[${shape.join(', ')}] has one of them; take another mode, or leave it out`,
  );
}

/** Floats of scratch that the rules of a layer need. */
export function weightRuleFloats(
  kernels: Kernels,
  rules: readonly WeightRule[],
  weights: readonly WeightSpec[],
): number {
  const floats = rules.map(({ weight, penalty, constraint }) => {
    const { shape } = weights.find(({ name }) => name === weight) as WeightSpec;
    if (penalty && penalty.orthogonal > 0) {
      return kernels.orthogonalPenaltyFloats(...vectorsOf(penalty, shape));
    }
    if (typeof constraint !== 'object') return 0;
    return kernels.constrainNormsFloats(vectorsAlong('', constraint.axes, shape)[0]);
  });
  return Math.max(0, ...floats);
}
