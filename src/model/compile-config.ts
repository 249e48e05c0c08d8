import {
  type OptimizerConfig,
  optimizerConfig,
  optimizerFromConfig,
} from '../optimizers/from-config.js';
import type { Compiled, CompileOptions } from './compile-options.js';
import type { LearningRates } from './learning-rates.js';
import { type LossConfig, lossConfig, lossFromConfig } from './losses/by-name.js';

/** What `compile` settled, as plain data. */
export interface CompileConfig {
  /** Its class and options. */
  readonly optimizer: OptimizerConfig;
  /** Its name and options; an array where the model has several outputs. */
  readonly loss: LossConfig | readonly LossConfig[];
  /** Their names; an array of arrays where the model has several outputs. */
  readonly metrics: readonly unknown[];
  /** Factors on the losses where one is not 1; an array where the model has several outputs. */
  readonly lossWeights?: number | readonly number[] | undefined;
  /** Factors on the learning rate by layer, where there are any. */
  readonly learningRates?: Readonly<Record<string, number>> | undefined;
}

export function compileConfig({ optimizer, goals, learningRates }: Compiled): CompileConfig {
  const losses = goals.map(({ loss }) => lossConfig(loss));
  const metrics = goals.map((goal) => goal.metrics.map(({ name }) => name));
  const one = goals.length === 1;
  return {
    optimizer: optimizerConfig(optimizer),
    loss: one ? losses[0] : losses,
    metrics: one ? metrics[0] : metrics,
    ...(goals.some(({ weight }) => weight !== 1)
      ? { lossWeights: one ? goals[0].weight : goals.map(({ weight }) => weight) }
      : {}),
    ...(Object.keys(learningRates).length > 0 ? { learningRates } : {}),
  };
}

/**
 * What `compile` takes, out of plain data.
 * @param config untrusted: what is not checked here, `compile` checks.
 * @throws SluiceError 'bad-option' naming the part that does not hold.
 */
export function compileOptions({
  optimizer,
  loss,
  metrics,
  lossWeights,
  learningRates,
}: CompileConfig): CompileOptions {
  return {
    optimizer: optimizerFromConfig(optimizer),
    loss: Array.isArray(loss) ? loss.map(lossFromConfig) : lossFromConfig(loss),
    metrics: metrics as CompileOptions['metrics'],
    lossWeights,
    learningRates: learningRates as LearningRates | undefined,
  };
}
