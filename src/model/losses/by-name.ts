import { SluiceError } from '../../errors.js';
import { shown } from '../../options.js';
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from './crossentropy.js';
import type { Loss, LossName } from './loss.js';
import { meanSquaredError, squaredError } from './squared-error.js';

const byName: Record<LossName, () => Loss> = {
  meanSquaredError,
  mse: () => squaredError('mse'),
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
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
