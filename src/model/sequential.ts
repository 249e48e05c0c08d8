import { reading } from '../options.js';
import { settle } from '../rules.js';
import { chainDesign } from './design.js';
import { checkLayers } from './layer-list.js';
import { Model } from './model.js';
import { type SequentialOptions, sequentialRules } from './sequential-options.js';
import type { Tensor } from './tensor.js';

/**
 * A stack of layers, each feeding the next, with a Wasm memory of its own.
 * @throws SluiceError 'bad-option', 'bad-shape', 'unsupported' without SIMD, 'memory-limit'
 * where the weights cannot fit (before anything is allocated).
 */
export function sequential(options: SequentialOptions): Sequential {
  return new Sequential(options);
}

/** A stack of layers; made by sequential. */
export class Sequential extends Model<Tensor> {
  constructor(options: SequentialOptions) {
    const { layers, ...identity } = settle('sequential', options, sequentialRules);
    super(
      chainDesign(
        reading('sequential: layers', () => checkLayers(layers)),
        identity,
      ),
    );
  }
}
