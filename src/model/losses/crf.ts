import { SluiceError } from '../../errors.js';
import { deepFreeze } from '../../frozen.js';
import { checkKeys, shown } from '../../options.js';
import type { Ending, Loss, LossPass } from './loss.js';

const NAME = 'crfNegativeLogLikelihood';

/**
 * log(sum over all paths of exp(score)) - score(tags) of a last layer layers.crf, the mean over the
 * samples (not over their time steps), as the reduction 'mean' of pytorch-crf. Targets are tags from 0
 * to units - 1, [n, T] or [n, T, 1]; sampleWeight is one number a sample. It has no options.
 */
export function crfNegativeLogLikelihood(options: Record<string, never> = {}): Loss {
  checkKeys(`losses.${NAME}`, options, []);
  return deepFreeze({
    name: NAME,
    config: {},
    sparseTargets: true,
    over: (ending) => (ending.ownLoss === NAME && ending.alone ? BY_LAYER : refuse(ending)),
  });
}

const BY_LAYER: LossPass = {
  fusesSoftmax: false,
  byLayer: true,
  compute: () => Number.NaN,
};

function refuse({ className, activation, alone, label, ownLoss }: Ending): never {
  const found = ownLoss === NAME ? 'a CRF that is' : `${className} with activation`;
  const what = ownLoss === NAME ? 'several outputs' : shown(activation ?? 'none');
  throw new SluiceError(
    'bad-option',
    `compile: loss '${NAME}' needs a last layer layers.crf({ units }) ${alone ? '' : 'that is one output '}` +
      `and nothing else, but ${label} is ${found} ${what}`,
  );
}
