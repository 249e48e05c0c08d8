import type { Numerics } from '../engine/module.js';
import type { Shape } from '../layers/layer.js';

/** A layer as plain data: what its function takes, by the name of its class. */
export interface LayerConfig {
  /** 'LSTM', 'Dense' or 'Dropout'. */
  readonly className: string;
  /** The name of the layer in its model. */
  readonly name: string;
  /** The options of its function, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A model as plain data, fit for JSON. Weights are not in it. */
export interface ModelConfig {
  /** Always 'Sequential'. */
  readonly className: 'Sequential';
  /** The name of the model. */
  readonly name: string;
  /** An integer from 0 to 2^53 - 1. */
  readonly seed: number;
  /** 'fast' or 'portable'. */
  readonly numerics: Numerics;
  /** null until the model knows it. */
  readonly inputShape: Shape | null;
  /** From input to output. */
  readonly layers: readonly LayerConfig[];
}
