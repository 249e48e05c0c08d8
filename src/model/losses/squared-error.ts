import { checkKeys } from '../../options.js';
import { type Loss, type LossName, passOf } from './loss.js';

/** The mean of (output - target)^2 over all elements. It has no options. */
export function meanSquaredError(options: Record<string, never> = {}): Loss {
  checkKeys('losses.meanSquaredError', options, []);
  return squaredError('meanSquaredError');
}

export function squaredError(name: LossName): Loss {
  const pass = passOf((kernels) => kernels.meanSquaredError);
  return { name, config: {}, sparseTargets: false, over: () => pass };
}
