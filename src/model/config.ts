import type { Numerics } from '../engine/module.js';
import { SluiceError } from '../errors.js';
import { dense } from '../layers/dense.js';
import { dropout } from '../layers/dropout.js';
import type { Layer } from '../layers/layer.js';
import { lstm } from '../layers/lstm.js';
import { shown } from '../options.js';
import { settle } from '../rules.js';
import { Sequential } from './sequential.js';
import { numericsRule } from './sequential-options.js';

type LayerFunction = (options: never) => Layer;

const layerFunctions: Record<string, LayerFunction> = {
  LSTM: lstm,
  Dense: dense,
  Dropout: dropout,
};

/**
 * The model that `getConfig` described, with weights drawn anew from its seed.
 * @param config untrusted: every part is checked.
 * @throws SluiceError 'bad-option' naming the part that does not hold.
 */
export function sequentialFromConfig(
  config: unknown,
  overrides: { numerics?: Numerics | undefined } = {},
): Sequential {
  settle('sequentialFromConfig', overrides, { numerics: numericsRule });
  const given = asRecord('model configuration', config);
  if (given.className !== 'Sequential') {
    refuse('className', "'Sequential'", given.className);
  }
  if (!Array.isArray(given.layers)) refuse('layers', 'an array', given.layers);
  const shape = given.inputShape ?? undefined;
  const layers = (given.layers as unknown[]).map((layer, i) =>
    layerFromConfig(layer, i === 0 ? shape : undefined, i),
  );
  return new Sequential({
    layers,
    seed: given.seed as number,
    name: given.name as string,
    numerics: overrides.numerics ?? (given.numerics as Numerics),
  });
}

function layerFromConfig(value: unknown, inputShape: unknown, index: number): Layer {
  const where = `layers[${index}]`;
  const { className, name, config } = asRecord(where, value);
  if (typeof className !== 'string' || !Object.hasOwn(layerFunctions, className)) {
    refuse(`${where}.className`, Object.keys(layerFunctions).join(', '), className);
  }
  const options = { ...asRecord(`${where}.config`, config), name, inputShape };
  return layerFunctions[className as string](options as never);
}

function asRecord(subject: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(subject, 'an object', value);
  }
  return value as Record<string, unknown>;
}

function refuse(subject: string, expected: string, found: unknown): never {
  throw new SluiceError(
    'bad-option',
    `model configuration: ${subject} must be ${expected}, but is ${shown(found)}`,
  );
}
