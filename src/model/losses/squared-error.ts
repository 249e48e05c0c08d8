import { deepFreeze } from '../../frozen.js';
import { checkKeys } from '../../options.js';
import { type Loss, passOf } from './loss.js';

/** The mean of (output - target)^2 over all elements. It has no options. */
export function meanSquaredError(options: Record<string, never> = {}): Loss {
  checkKeys('losses.meanSquaredError', options, []);
  const pass = passOf((kernels) => kernels.meanSquaredError);
  return deepFreeze({
    name: 'meanSquaredError',
    config: {},
    sparseTargets: false,
    over: () => pass,
  });
}
