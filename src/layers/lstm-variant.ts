// The LSTMs of "LSTM: A Search Space Odyssey" (Greff et al. 2017, arXiv 1503.04069) beside the vanilla one, and those
// with other activations, without bias, with norms or a projection.
import { choiceRule } from '../rules.js';
import { CellNode } from './cell.js';
import { type CellActivation, type CellKind, normWeights } from './cell-kind.js';
import type { DropConfig } from './drop-options.js';
import type { Context } from './node.js';
import type { Port } from './port.js';
import { gateWeights, type MatrixConfig } from './recurrent.js';

/**
 * vanilla: gates i, f, o, no peepholes, as Keras; peephole: gates see the cell's state (Gers and Schmidhuber
 * 2000); coupled: f = 1 - i; the others leave out what they name (a gate that is left out is 1, an activation
 * linear). fullGateRecurrence: gates also see i, f, o of the step before, which begin as 0.
 */
export type LstmVariant =
  | 'vanilla'
  | 'peephole'
  | 'coupled'
  | 'noInputGate'
  | 'noForgetGate'
  | 'noOutputGate'
  | 'noInputActivation'
  | 'noOutputActivation'
  | 'fullGateRecurrence';

/** What sets a variant apart from an LSTM with gates i, f, o. */
const VARIANTS: Record<LstmVariant, Partial<CellKind>> = {
  vanilla: {},
  peephole: { peephole: true },
  coupled: { gates: 'io', coupled: true },
  noInputGate: { gates: 'fo' },
  noForgetGate: { gates: 'io' },
  noOutputGate: { gates: 'if' },
  noInputActivation: { activation: 'linear' },
  noOutputActivation: { output: 'linear' },
  fullGateRecurrence: { gatesSeen: true },
};

export const variantRule = choiceRule(Object.keys(VARIANTS) as LstmVariant[]);

export interface LstmVariantConfig extends MatrixConfig, DropConfig {
  readonly variant: LstmVariant;
  readonly activation: CellActivation;
  readonly recurrentActivation: CellActivation;
  readonly useBias: boolean;
  readonly unitForgetBias: boolean;
  readonly projectionUnits: number | undefined;
  readonly recurrentDropout: number;
  readonly zoneoutHidden: number;
  readonly zoneoutCell: number;
  readonly layerNorm: boolean;
}

/** Whether the kernels of the vanilla LSTM compute it. */
export const isVanilla = (config: LstmVariantConfig): boolean =>
  config.variant === 'vanilla' &&
  config.projectionUnits === undefined &&
  !config.layerNorm &&
  config.activation === 'tanh' &&
  config.recurrentActivation === 'sigmoid' &&
  config.useBias &&
  config.recurrentDropout === 0 &&
  config.zoneoutHidden === 0 &&
  config.zoneoutCell === 0;

/** What one remembers, in the order of initialState and of what returnState gives. */
export const statesOf = (variant: LstmVariant): string[] =>
  VARIANTS[variant].gatesSeen ? ['h', 'c', 'i', 'f', 'o'] : ['h', 'c'];

/** Gates before f among the columns; -1 where there is no forget gate. */
const forgetGate = (gates: string): number => (gates.includes('f') ? gates.indexOf('f') : -1);

export class LstmVariantNode extends CellNode {
  readonly className = 'LSTM';

  constructor(
    config: LstmVariantConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    const { units: H, activation, recurrentActivation, useBias, projectionUnits: P } = config;
    const changes = VARIANTS[config.variant];
    const kind: CellKind = {
      cell: 'lstm',
      activation,
      output: activation,
      recurrentActivation,
      gates: 'ifo',
      useBias,
      projection: P,
      layerNorm: config.layerNorm,
      ...changes,
    };
    const { gates = '', peephole = false, gatesSeen = false } = kind;
    const products = gates.length + 1;
    const bias = useBias ? [products * H] : undefined;
    const forget = config.unitForgetBias ? forgetGate(gates) : -1;
    const ones = forget < 0 ? undefined : forget * H;
    const weights = gateWeights(config, inputs[0].features, products, bias, ones);
    // zeros: it begins as a vanilla LSTM of that seed
    if (peephole) weights.push({ name: 'peephole', shape: [3, H], initializer: 'zeros' });
    if (config.layerNorm) weights.push(...normWeights(products, H));
    if (gatesSeen) {
      const { recurrentInitializer: initializer } = config;
      weights.push({ name: 'gateKernel', shape: [3 * H, 3 * H], initializer });
    }
    if (P !== undefined) {
      weights[1] = { ...weights[1], shape: [P, products * H] };
      const { kernelInitializer: initializer } = config;
      weights.push({ name: 'projectionKernel', shape: [H, P], initializer });
    }
    super(config, kind, products, weights, inputs, outputs, context, 'peephole');
  }
}
