import { SluiceError } from '../errors.js';
import { deepFreeze } from '../frozen.js';
import { type Applied, isLayer, type Layer } from '../layers/layer.js';
import { checkBoolean, shown } from '../options.js';

/** A layer with the name that it has in its model. */
export interface NamedLayer {
  readonly layer: Layer<Applied>;
  readonly name: string;
}

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
    if (!isLayer(layer)) {
      throw new SluiceError(
        'bad-option',
        `sequential: layers[${i}] must be made by layers.lstm, layers.dense or another function of layers, ` +
          `but is ${shown(layer)}`,
      );
    }
    if (layer.givesStates) {
      throw new SluiceError(
        'bad-option',
        `sequential: layers[${i}] (${layer.className}) must give one value, but gives its states too ` +
          '(returnState: true); leave that out, or call layers on values: model({ inputs, outputs })',
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

/** Given names, and for the others the class in snake case with a number where it repeats. */
export function uniqueNames(subject: string, layers: readonly Layer<Applied>[]): string[] {
  const taken = new Set<string>();
  for (const { name } of layers) {
    if (name === undefined) continue;
    if (taken.has(name)) {
      throw new SluiceError('bad-option', `${subject}: two layers have the name '${name}'`);
    }
    taken.add(name);
  }
  const names = layers.map(({ name, className }) => {
    if (name !== undefined) return name;
    const stem = snakeCase(className);
    let chosen = stem;
    for (let number = 1; taken.has(chosen); number++) chosen = `${stem}_${number}`;
    taken.add(chosen);
    return chosen;
  });
  checkNamesInFiles(subject, names);
  return names;
}

/** What the arrays of the optimizer of a layer are called in files: 'optimizer/m/lstm/kernel'. */
const OF_OPTIMIZER = /^optimizer\/[^/]+\/(.+)$/s;

function checkNamesInFiles(subject: string, names: readonly string[]): void {
  for (const name of names) {
    const other = OF_OPTIMIZER.exec(name)?.[1];
    if (other === undefined || !names.includes(other)) continue;
    throw new SluiceError(
      'bad-option',
      `${subject}: the layer '${name}' has a name that files give to what the optimizer keeps of the ` +
        `layer '${other}'; give one of them another name`,
    );
  }
}

/** 'LSTM' to 'lstm', 'InputLayer' to 'input_layer', as Keras does. */
const snakeCase = (className: string): string =>
  className
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** A layer in its model. */
export interface LayerInfo {
  /** Its own name, or one made of its class: 'lstm', 'lstm_1' ... */
  readonly name: string;
  /** 'LSTM', 'Dense', 'Dropout' ..., as in Keras. */
  readonly className: string;
  /** The options of its function, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * False: its weights stay as they are. Once the model trains, a change holds from the next
   * compile on, as in Keras.
   * @throws SluiceError 'bad-option' unless it is set to true or false.
   */
  trainable: boolean;
  /**
   * Of a stateful recurrent layer: the next batch begins at zero.
   * @throws SluiceError 'bad-option' for a layer that is not stateful
   */
  resetStates(): void;
}

/** What the model tells of its layers: nothing in it can be changed but `trainable`. */
export function layerInfos(
  layers: readonly NamedLayer[],
  resetStates: (layer: string) => void,
): readonly LayerInfo[] {
  const infos = layers.map(({ layer, name }) =>
    Object.freeze({
      name,
      className: layer.className,
      config: deepFreeze({ ...layer.config }),
      get trainable() {
        return layer.trainable;
      },
      set trainable(value: boolean) {
        layer.trainable = checkBoolean(`layer ${name}`, 'trainable', value);
      },
      resetStates: () => resetStates(name),
    }),
  );
  return Object.freeze(infos);
}

/** @throws SluiceError 'bad-option' that lists the layers. */
export function layerNamed(layers: readonly LayerInfo[], which: string | number): LayerInfo {
  const found =
    typeof which === 'number' ? layers[which] : layers.find(({ name }) => name === which);
  if (found) return found;
  throw new SluiceError(
    'bad-option',
    `getLayer: the model has no layer ${shown(which)}; it has ${layers.map(({ name }) => name).join(', ')}, ` +
      `numbered from 0 to ${layers.length - 1}`,
  );
}
