// Factors on the learning rate, layer by layer, as compile takes them.
import { SluiceError } from '../errors.js';
import { checkFloat32, isPlainObject, shown } from '../options.js';
import type { NamedLayer } from './layer-list.js';
import type { Network } from './network.js';

/** A factor on the optimizer's learning rate, by the name of a layer. */
export type LearningRates = Readonly<Record<string, number>>;

/** @throws SluiceError 'bad-option' naming what is no layer with weights, or no factor. */
export function checkLearningRates(
  given: LearningRates | undefined,
  layers: readonly NamedLayer[],
): LearningRates {
  if (given === undefined) return {};
  if (!isPlainObject(given)) {
    throw new SluiceError(
      'bad-option',
      `compile: learningRates must be an object of a factor for each of some layers, by name, but got ${shown(given)}`,
    );
  }
  const names = layers.filter(({ layer }) => layer.hasWeights).map(({ name }) => name);
  const entries = Object.entries(given).map(([name, factor]) => {
    if (names.includes(name)) {
      checkFloat32('compile', `learningRates of layer ${name}`, factor, 'notNegative');
      return [name, factor] as const;
    }
    throw new SluiceError(
      'bad-option',
      `compile: learningRates names ${shown(name)}, but the layers with weights are ${names.join(', ')}`,
    );
  });
  return Object.freeze(Object.fromEntries(entries));
}

/** Factors of what is trained, in the order of the gradients' spans and tables. */
export interface Rates {
  readonly spans: readonly number[];
  readonly tables: readonly number[];
  readonly largest: number;
}

/** Undefined where all are 1. */
export function ratesOf({ owners, gradients }: Network, rates: LearningRates): Rates | undefined {
  if (Object.keys(rates).length === 0) return undefined;
  const rateOf = ({ offset: at }: { readonly offset: number }) => {
    const owner = owners.list.find(({ offset, floats }) => offset <= at && at < offset + floats);
    return owner && Object.hasOwn(rates, owner.name) ? rates[owner.name] : 1;
  };
  const spans = gradients.spans.map(rateOf);
  const tables = gradients.tables.map(rateOf);
  return { spans, tables, largest: Math.max(0, ...spans, ...tables) };
}
