import { SluiceError } from '../errors.js';
import { deepFreeze } from '../frozen.js';
import type { Layer } from '../layers/layer.js';
import { shown } from '../options.js';

/** @throws SluiceError 'bad-option' unless these are layers, each standing there once. */
export function checkLayers(layers: readonly Layer[]): readonly Layer[] {
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new SluiceError(
      'bad-option',
      `sequential: layers must be an array with at least one layer, but got ${shown(layers)}`,
    );
  }
  // unlike forEach, entries() does not pass over holes
  for (const [i, layer] of layers.entries()) {
    if (typeof layer?.connect !== 'function') {
      throw new SluiceError(
        'bad-option',
        `sequential: layers[${i}] must be made by layers.lstm, layers.dense or layers.dropout, ` +
          `but is ${shown(layer)}`,
      );
    }
    const first = layers.indexOf(layer);
    if (first !== i) {
      throw new SluiceError(
        'bad-option',
        `sequential: layers[${first}] and layers[${i}] are the same object; make one for each place`,
      );
    }
  }
  return [...layers];
}

/** Given names, and for the others the class in lower case with a number where it repeats. */
export function layerNames(layers: readonly Layer[]): string[] {
  const taken = new Set<string>();
  for (const { name } of layers) {
    if (name === undefined) continue;
    if (taken.has(name)) {
      throw new SluiceError('bad-option', `sequential: two layers have the name '${name}'`);
    }
    taken.add(name);
  }
  return layers.map(({ name, className }) => {
    if (name !== undefined) return name;
    const stem = className.toLowerCase();
    let chosen = stem;
    for (let number = 1; taken.has(chosen); number++) chosen = `${stem}_${number}`;
    taken.add(chosen);
    return chosen;
  });
}

/** A description of a layer in the model. */
export interface LayerInfo {
  /** Its own name, or one made of its class: 'lstm', 'lstm_1' ... */
  readonly name: string;
  /** 'LSTM', 'Dense' or 'Dropout'. */
  readonly className: string;
  /** The options of its function, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** What the model tells of its layers: nothing in it can be changed. */
export function layerInfos(
  layers: readonly Layer[],
  names: readonly string[],
): readonly LayerInfo[] {
  return deepFreeze(
    layers.map(({ className, config }, i) => ({
      name: names[i],
      className,
      config: { ...config },
    })),
  );
}
