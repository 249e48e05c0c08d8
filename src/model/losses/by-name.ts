import { SluiceError } from '../../errors.js';
import { checkChoice, checkOption, shown } from '../../options.js';
import { crfNegativeLogLikelihood } from './crf.js';
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from './crossentropy.js';
import type { Loss, LossName } from './loss.js';
import { meanSquaredError } from './squared-error.js';

const byName: Record<LossName, (options?: Record<string, never>) => Loss> = {
  meanSquaredError,
  mse: (options) => Object.freeze({ ...meanSquaredError(options), name: 'mse' }),
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  crfNegativeLogLikelihood,
};

/**
 * A loss, or its name for the default options.
 * @throws SluiceError 'bad-option' that lists the losses there are.
 */
export function checkLoss(loss: Loss | LossName): Loss {
  if (typeof loss === 'string' && Object.hasOwn(byName, loss)) return byName[loss]();
  if (typeof loss === 'object' && typeof loss?.over === 'function') return loss;
  const names = Object.keys(byName).map((name) => `'${name}'`);
  throw new SluiceError(
    'bad-option',
    `compile: loss must be ${names.join(' or ')}, or one made by losses.categoricalCrossentropy() ` +
      `and its like, but got ${shown(loss)}`,
  );
}

/** A loss as plain data, fit for JSON. */
export interface LossConfig {
  /** The name it goes by in `compile`. */
  readonly name: LossName;
  /** What its function takes. */
  readonly config: Loss['config'];
}

export const lossConfig = ({ name, config }: Loss): LossConfig => ({ name, config });

/**
 * The loss that `lossConfig` described.
 * @param given untrusted: every part is checked.
 * @throws SluiceError 'bad-option' naming the part that does not hold.
 */
export function lossFromConfig(given: unknown): Loss {
  const subject = 'loss configuration';
  checkOption(subject, 'it', given, isObject(given), 'an object { name, config }');
  const { name, config } = given as LossConfig;
  const known = Object.keys(byName) as LossName[];
  checkChoice(subject, 'name', name, known);
  // without a config it would become a loss of default options
  checkOption(subject, 'config', config, isObject(config), 'an object');
  return byName[name](config as Record<string, never>);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
