// What the options of a layer ask of its weights while they are trained, beside what the loss over the data asks.
import type { Kernels } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import type { WeightSpec } from './node.js';
import type { Shape } from './port.js';
import { type Penalty, penaltyOf, type Regularizer, vectorsOf } from './regularizer.js';

/** Of one weight. */
export interface WeightRule {
  /** Its name in its layer. */
  readonly weight: string;
  /** The option that says it. */
  readonly option: string;
  /** What is added to the loss. */
  readonly penalty: Penalty;
}

/** The weight that an option such as kernelRegularizer is about. */
const WEIGHTS = {
  kernel: 'kernel',
  recurrent: 'recurrentKernel',
  bias: 'bias',
  embeddings: 'embeddings',
  transition: 'transitions',
} as const;

/** The rules in the options of a layer. */
export function weightRules(config: Readonly<Record<string, unknown>>): readonly WeightRule[] {
  return Object.entries(WEIGHTS).flatMap(([part, weight]) => {
    const option = `${part}Regularizer`;
    const regularizer = config[option];
    if (regularizer === undefined) return [];
    return [{ weight, option, penalty: penaltyOf(regularizer as Regularizer) }];
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
  for (const { weight, option, penalty } of rules) {
    const shape = weights.find(({ name }) => name === weight)?.shape as Shape;
    if (penalty.orthogonal === 0) continue;
    const [vectors] = vectorsOf(penalty, shape);
    if (vectors > 1) continue;
    throw new SluiceError(
      'bad-option',
      `${label}: ${option} wants ${penalty.mode} that are orthogonal to each other, but ${weight} ` +
        `[${shape.join(', ')}] has one of them; take another mode, or leave it out`,
    );
  }
}

/** Floats of scratch that the rules of a layer need. */
export function weightRuleFloats(
  kernels: Kernels,
  rules: readonly WeightRule[],
  weights: readonly WeightSpec[],
): number {
  const floats = rules
    .filter(({ penalty }) => penalty.orthogonal > 0)
    .map(({ weight, penalty }) => {
      const { shape } = weights.find(({ name }) => name === weight) as WeightSpec;
      return kernels.orthogonalPenaltyFloats(...vectorsOf(penalty, shape));
    });
  return Math.max(0, ...floats);
}
