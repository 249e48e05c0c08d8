import {
  type OptimizerConfig,
  optimizerConfig,
  optimizerFromConfig,
} from '../optimizers/from-config.js';
import type { CompileOptions } from './compile-options.js';
import { type LossConfig, lossConfig, lossFromConfig } from './losses/by-name.js';
import type { Compiled } from './runner.js';

/** What `compile` settled, as plain data. */
export interface CompileConfig {
  /** Its class and options. */
  readonly optimizer: OptimizerConfig;
  /** Its name and options. */
  readonly loss: LossConfig;
  /** Their names. */
  readonly metrics: readonly unknown[];
}

export function compileConfig({ optimizer, loss, metrics }: Compiled): CompileConfig {
  return {
    optimizer: optimizerConfig(optimizer),
    loss: lossConfig(loss),
    metrics: metrics.map(({ name }) => name),
  };
}

/**
 * What `compile` takes, out of plain data.
 * @param config untrusted: what is not checked here, `compile` checks.
 * @throws SluiceError 'bad-option' naming the part that does not hold.
 */
export function compileOptions({ optimizer, loss, metrics }: CompileConfig): CompileOptions {
  return {
    optimizer: optimizerFromConfig(optimizer),
    loss: lossFromConfig(loss),
    metrics: metrics as CompileOptions['metrics'],
  };
}
