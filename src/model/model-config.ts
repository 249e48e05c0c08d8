import type { Numerics } from '../engine/module.js';
import type { Shape } from '../layers/layer.js';

/** A layer as plain data: what its function takes, by the name of its class. */
export interface LayerConfig {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A model as plain data, fit for JSON. Weights are not in it. */
export interface ModelConfig {
  readonly className: 'Sequential';
  readonly name: string;
  readonly seed: number;
  readonly numerics: Numerics;
  /** null until the model knows it. */
  readonly inputShape: Shape | null;
  readonly layers: readonly LayerConfig[];
}
