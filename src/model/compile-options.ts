import { SluiceError } from '../errors.js';
import { adam } from '../optimizers/adam.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { sgd } from '../optimizers/sgd.js';
import { checkFloat32, checkKeys, isPlainObject, reading, shown } from '../options.js';
import type { NamedLayer } from './layer-list.js';
import { checkLearningRates, type LearningRates } from './learning-rates.js';
import { checkLoss } from './losses/by-name.js';
import type { Ending, Loss, LossName, LossPass } from './losses/loss.js';
import { type Metric, type MetricName, metricsByName } from './metrics.js';

/** Options of compile: how a model learns. */
export interface CompileOptions {
  /** An optimizer of `optimizers`, or its name for the default options. Required. */
  optimizer: Optimizer | 'adam' | 'sgd';
  /**
   * A loss of `losses`, or its name for the default options. For a model of several outputs one
   * for all of them, an array in their order or an object by their names; the sum of all is what
   * is minimized. Required.
   */
  loss: EachOutput<Loss | LossName>;
  /**
   * Figures beside the loss, each reported under its name; for a model of several outputs an array
   * of arrays in their order or an object of arrays by their names, reported as 'output_name'.
   * Default: none. 'accuracy' is what
   * Keras 3 makes of that name: with one output column, the share of outputs above 0.5 where the
   * target is 1 and not above where it is 0 (another target is never met); with more, of rows
   * whose largest output stands where the largest target does, or at the class number. 'mae' and
   * 'mse' compare the outputs with the targets; class numbers are compared as numbers with each
   * column of their row, as Keras does where they have a last axis of 1.
   */
  metrics?: readonly MetricName[] | EachOutput<readonly MetricName[]> | undefined;
  /**
   * A factor on the loss of each output in the sum that is minimized, as an array in their order or an object by
   * their names (a number where there is one output): finite numbers from 0 up. As in Keras 'loss' is the weighted sum, and
   * 'output_loss' what it is without its factor. Default: 1 for every output.
   */
  lossWeights?: EachOutput<number> | undefined;
  /**
   * Factors on the optimizer's learning rate, by the names of layers with weights: finite numbers from 0
   * up. They hold for whatever the learning rate becomes. Default: 1 for every layer.
   */
  learningRates?: Readonly<Record<string, number>> | undefined;
}

const byName: Record<string, () => Optimizer> = { adam, sgd };

/** One for each output: the same for all, in their order, or by their names. */
export type EachOutput<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** What one output of a model is to come to. */
export interface Goal {
  readonly loss: Loss;
  /** The loss over that output. */
  readonly pass: LossPass;
  /** Its factor in the sum of all losses. */
  readonly weight: number;
  readonly metrics: readonly Metric[];
  /** Where its figures begin among those of the model. */
  readonly firstFigure: number;
}

/** What `compile` settles. */
export interface Compiled {
  readonly optimizer: Optimizer;
  /** One an output. */
  readonly goals: readonly Goal[];
  /** The names of all figures beside the loss. */
  readonly figures: readonly string[];
  /** Factors on the learning rate by layer; none where it is 1. */
  readonly learningRates: LearningRates;
}

/**
 * @param endings one an output, by its name.
 * @param layers all of the model's.
 * @throws SluiceError 'bad-option'
 */
export function checkCompileOptions(
  options: CompileOptions,
  endings: ReadonlyMap<string, Ending>,
  layers: readonly NamedLayer[],
): Compiled {
  return reading('compile', () => compiledFrom(options, endings, layers));
}

function compiledFrom(
  given: CompileOptions,
  endings: ReadonlyMap<string, Ending>,
  layers: readonly NamedLayer[],
): Compiled {
  const known = ['optimizer', 'loss', 'metrics', 'lossWeights', 'learningRates'];
  const options = checkKeys('compile', given, known);
  const names = [...endings.keys()];
  const losses = lossesOf(options.loss, names);
  const metrics = metricsOf(options.metrics, names);
  const weights = weightsOf(options.lossWeights, names);
  const optimizer = checkOptimizer(options.optimizer);
  const figures: string[] = [];
  const goals = [...endings].map(([name, ending], i) => {
    const firstFigure = figures.length;
    const prefix = names.length > 1 ? `${name}_` : '';
    const loss = checkLoss(losses[i]);
    const goal = {
      loss,
      pass: passOver(loss, ending),
      weight: weights[i],
      metrics: metricsOver(metrics[i], loss, ending),
      firstFigure,
    };
    if (prefix) figures.push(`${prefix}loss`);
    figures.push(...goal.metrics.map((metric) => prefix + metric.name));
    return goal;
  });
  checkFigures(figures, names);
  const learningRates = checkLearningRates(options.learningRates, layers);
  return { optimizer, goals, figures, learningRates };
}

/** @throws SluiceError 'bad-option' where the layer is trained by another loss. */
function passOver(loss: Loss, ending: Ending): LossPass {
  const { ownLoss, label, className } = ending;
  if (ownLoss === undefined || ownLoss === loss.name) return loss.over(ending);
  throw new SluiceError(
    'bad-option',
    `compile: ${label} is a ${className}, which is trained by the loss '${ownLoss}' alone, but got ` +
      `loss '${loss.name}'`,
  );
}

/** @throws SluiceError 'bad-option' for a metric of numbers over the tags of a CRF, which are no numbers. */
function metricsOver(
  names: readonly MetricName[] | undefined,
  { sparseTargets }: Loss,
  { ownLoss, label, className }: Ending,
): Metric[] {
  const metrics = metricsByName(names, sparseTargets);
  const wrong = ownLoss && metrics.find(({ name }) => name !== 'accuracy' && name !== 'acc');
  if (!wrong) return metrics;
  throw new SluiceError(
    'bad-option',
    `compile: ${label} is a ${className}, whose metric is 'accuracy', the share of right tags, but got metric ` +
      `'${wrong.name}', which takes tags for numbers`,
  );
}

/** A history has each figure under its name, and that of validation under a name made of it. */
function checkFigures(figures: readonly string[], outputs: readonly string[]): void {
  const all = ['loss', ...figures].flatMap((figure) => [figure, `val_${figure}`]);
  const twice = all.find((figure, i) => all.indexOf(figure) !== i);
  if (twice === undefined) return;
  throw new SluiceError(
    'bad-option',
    `compile: of the outputs ${outputs.join(', ')} two figures would have the name '${twice}', for those of ` +
      "validation begin with 'val_'; give the layer of one output another name",
  );
}

function lossesOf(loss: CompileOptions['loss'], names: readonly string[]): (Loss | LossName)[] {
  const isOne = typeof loss === 'string' || typeof (loss as Partial<Loss>)?.over === 'function';
  if (isOne || loss === undefined || loss === null) return names.map(() => loss as Loss);
  if (names.length === 1 && !Array.isArray(loss) && !Object.hasOwn(loss, names[0])) {
    return [loss as Loss];
  }
  return listed('loss', 'a loss', loss as Exclude<typeof loss, Loss | LossName>, names);
}

function weightsOf(given: CompileOptions['lossWeights'], names: readonly string[]): number[] {
  if (given === undefined) return names.map(() => 1);
  const one = names.length === 1 && !Array.isArray(given) && !isPlainObject(given);
  const list = one
    ? [given as number]
    : listed('lossWeights', 'a number', given as readonly number[], names);
  return list.map((weight, i) =>
    checkFloat32('compile', `lossWeights of output ${names[i]}`, weight, 'notNegative'),
  );
}

function metricsOf(
  metrics: CompileOptions['metrics'],
  names: readonly string[],
): (readonly MetricName[] | undefined)[] {
  if (metrics === undefined) return names.map(() => undefined);
  const flat = Array.isArray(metrics) && metrics.every((one) => !Array.isArray(one));
  if (names.length === 1 && (flat || !isPlainObject(metrics))) {
    return [(flat || !Array.isArray(metrics) ? metrics : metrics[0]) as readonly MetricName[]];
  }
  const given = metrics as Exclude<typeof metrics, readonly MetricName[]>;
  if (isPlainObject(given)) {
    // as in Keras an output may be left out
    const filled = names.map((name) => [name, Object.hasOwn(given, name) ? given[name] : []]);
    return listed(
      'metrics',
      'an array of metrics',
      { ...given, ...Object.fromEntries(filled) },
      names,
    );
  }
  if (flat && metrics.length > 0) {
    throw new SluiceError(
      'bad-option',
      `compile: metrics of a model with ${names.length} outputs must say which belong to which: ` +
        `an array of arrays in the order ${names.join(', ')}, or an object by these names, but got ` +
        shown(metrics),
    );
  }
  return flat ? names.map(() => []) : listed('metrics', 'an array of metrics', given, names);
}

/** One for each output, in the order of the names. */
function listed<T>(
  option: string,
  what: string,
  given: readonly T[] | Readonly<Record<string, T>>,
  names: readonly string[],
): T[] {
  if (Array.isArray(given) && given.length === names.length) return [...(given as readonly T[])];
  if (isPlainObject(given)) {
    const keys = Object.keys(given);
    const all = names.every((name) => Object.hasOwn(given, name));
    const record = given as Readonly<Record<string, T>>;
    if (all && keys.length === names.length) return names.map((name) => record[name]);
  }
  throw new SluiceError(
    'bad-option',
    `compile: ${option} of a model with the outputs ${names.join(', ')} must be ${what} for each ` +
      `of them, as an array or an object by these names, but got ${found(given)}`,
  );
}

const found = (given: unknown): string =>
  isPlainObject(given)
    ? `an object of ${Object.keys(given).join(', ') || 'nothing'}`
    : shown(given);

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
