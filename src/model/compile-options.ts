import { SluiceError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import { adam } from '../optimizers/adam.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { sgd } from '../optimizers/sgd.js';
import { checkKeys, shown } from '../options.js';
import { checkLoss } from './losses/by-name.js';
import type { Loss, LossName } from './losses/loss.js';
import { type MetricName, metricsByName } from './metrics.js';
import type { Compiled } from './runner.js';

/** Options of compile: how a model learns. */
export interface CompileOptions {
  /** An optimizer of `optimizers`, or its name for the default options. Required. */
  optimizer: Optimizer | 'adam' | 'sgd';
  /** A loss of `losses`, or its name for the default options. Required. */
  loss: Loss | LossName;
  /**
   * Figures beside the loss, each reported under its name. Default: none. 'accuracy' is what
   * Keras 3 makes of that name: with one output column, the share of outputs above 0.5 where the
   * target is 1 and not above where it is 0 (another target is never met); with more, of rows
   * whose largest output stands where the largest target does, or at the class number. 'mae' and
   * 'mse' compare the outputs with the targets; class numbers are compared as numbers with each
   * column of their row, as Keras does where they have a last axis of 1.
   */
  metrics?: readonly MetricName[] | undefined;
}

const byName: Record<string, () => Optimizer> = { adam, sgd };

/** @throws SluiceError 'bad-option' */
export function checkCompileOptions(options: CompileOptions, layers: readonly Layer[]): Compiled {
  checkKeys('compile', options, ['optimizer', 'loss', 'metrics']);
  const loss = checkLoss(options.loss);
  return {
    loss,
    lossPass: loss.over(layers[layers.length - 1]),
    metrics: metricsByName(options.metrics, loss.sparseTargets),
    optimizer: checkOptimizer(options.optimizer),
  };
}

function checkOptimizer(optimizer: Optimizer | string): Optimizer {
  if (typeof optimizer === 'string' && Object.hasOwn(byName, optimizer)) {
    return byName[optimizer]();
  }
  if (typeof optimizer === 'object' && typeof optimizer?.extend === 'function') return optimizer;
  throw new SluiceError(
    'bad-option',
    `compile: optimizer must be 'adam', 'sgd' or one made by optimizers.adam() or ` +
      `optimizers.sgd(), but got ${shown(optimizer)}`,
  );
}
