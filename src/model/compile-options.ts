import { SluiceError } from '../errors.js';
import type { Layer } from '../layers/layer.js';
import { adam } from '../optimizers/adam.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { sgd } from '../optimizers/sgd.js';
import { checkKeys, shown } from '../options.js';
import { type LossName, lossByName } from './losses.js';
import { type MetricName, metricsByName } from './metrics.js';
import type { Compiled } from './runner.js';

export interface CompileOptions {
  /** An optimizer of `optimizers`, or its name for the default options. */
  optimizer: Optimizer | 'adam' | 'sgd';
  loss: LossName;
  metrics?: readonly MetricName[] | undefined;
}

const byName: Record<string, () => Optimizer> = { adam, sgd };

/** @throws SluiceError 'bad-option' */
export function checkCompileOptions(options: CompileOptions, layers: readonly Layer[]): Compiled {
  checkKeys('compile', options, ['optimizer', 'loss', 'metrics']);
  const loss = lossByName(options.loss);
  const last = layers[layers.length - 1];
  if (loss.fusesSoftmax && last.config.activation !== 'softmax') {
    throw new SluiceError(
      'bad-option',
      `compile: loss '${loss.name}' needs a last layer layers.dense({ activation: 'softmax' }), ` +
        `but the last layer is ${last.className} with activation ` +
        shown(last.config.activation ?? 'none'),
    );
  }
  return {
    loss,
    metrics: metricsByName(options.metrics ?? []),
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
