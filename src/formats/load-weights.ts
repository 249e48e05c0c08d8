/** Weights of a model file into a model of other layers: what fits is taken over, layer by layer. */
import { SluiceError } from '../errors.js';
import type { Model } from '../model/model.js';
import { shapeText, type Tensor } from '../model/tensor.js';
import { booleanRule, type Rules, settle } from '../rules.js';
import { quote } from './json.js';
import { asBytes, checkModel, type ModelFile, readModelFile } from './model-file.js';

/** Options of loadWeights, named as those of Keras' load_weights. */
export interface LoadWeightsOptions {
  /**
   * True: layers of the same name get their weights, and others, of the model or of the file, are passed over.
   * False: the layers with weights are as many on both sides, and take them in their order. Default false.
   */
  byName?: boolean | undefined;
  /**
   * True: a layer whose weights differ from those in the file in their names or shapes stays as it is. False: it is an error.
   * Default false.
   */
  skipMismatch?: boolean | undefined;
}

const rules = {
  byName: { ...booleanRule, otherwise: () => false },
  skipMismatch: { ...booleanRule, otherwise: () => false },
} satisfies Rules<LoadWeightsOptions>;

/** What loadWeights did, by the names of the model's layers with weights. */
export interface LoadedWeights {
  /** They have the weights of the file. */
  readonly loaded: readonly string[];
  /** Their weights in the file have other shapes. */
  readonly skipped: readonly string[];
  /** The file has no layer of that name. */
  readonly missing: readonly string[];
}

/** The weights of a layer by their own names: 'kernel', 'bias' ... */
interface LayerWeights {
  readonly name: string;
  readonly tensors: Map<string, Tensor>;
}

/**
 * Puts weights of a model file into a model that has some of its layers: a head for another task, say. All others,
 * `model.preprocessing` and the optimizer stay as they are, as with setWeights.
 * @param data what toBytes or saveModel wrote.
 * @throws SluiceError 'bad-file' for bytes that are damaged or foreign; 'bad-shape' that names layer and
 *   shapes where they do not fit, or where no layer does: then nothing is changed; 'bad-option'.
 */
export function loadWeights(
  model: Model,
  data: Uint8Array | ArrayBuffer,
  options: LoadWeightsOptions = {},
): LoadedWeights {
  checkModel('loadWeights', model);
  const { byName, skipMismatch } = settle('loadWeights', options, rules);
  const own = layersOf(model);
  const stored = layersIn(readModelFile(asBytes('loadWeights', data)));
  if (!byName) checkCount(own, stored);
  const result = { loaded: [] as string[], skipped: [] as string[], missing: [] as string[] };
  const taken = new Map<string, Tensor>();
  own.forEach((layer, i) => {
    const other = byName ? stored.find(({ name }) => name === layer.name) : stored[i];
    if (!other) {
      result.missing.push(layer.name);
    } else if (listed(layer) === listed(other)) {
      result.loaded.push(layer.name);
      for (const [weight, tensor] of other.tensors) taken.set(`${layer.name}/${weight}`, tensor);
    } else if (skipMismatch) {
      result.skipped.push(layer.name);
    } else {
      throw mismatch(layer, other);
    }
  });
  if (result.loaded.length === 0) throw nothingFits(own, stored);
  const weights = model.getWeights();
  model.setWeights(model.weightSpecs.map(({ name }, i) => taken.get(name) ?? weights[i]));
  return result;
}

function layersOf(model: Model): LayerWeights[] {
  const weights = model.weightSpecs.map(({ name, shape }): [string, Tensor] => [
    name,
    { data: new Float32Array(0), shape: [...shape] },
  ]);
  return grouped(
    weights,
    model.layers.map(({ name }) => name),
  );
}

function layersIn({ config, tensors }: ModelFile): LayerWeights[] {
  const layers: unknown = config.layers;
  const names = (Array.isArray(layers) ? layers : []).map((layer) => String(layer?.name));
  // those of the optimizer stand under the name of a weight
  const weights = [...tensors].filter(
    ([name]) => !tensors.has(/^optimizer\/[^/]+\/(.+)$/s.exec(name)?.[1] ?? ''),
  );
  return grouped(weights, names);
}

/** By layer, in the order of the layers' names. */
function grouped(weights: [string, Tensor][], names: readonly string[]): LayerWeights[] {
  const layers = names.map((name) => ({ name, tensors: new Map<string, Tensor>() }));
  for (const [full, tensor] of weights) {
    const fitting = layers.filter(({ name }) => full.startsWith(`${name}/`));
    const [layer] = fitting.sort((a, b) => b.name.length - a.name.length);
    layer?.tensors.set(full.slice(layer.name.length + 1), tensor);
  }
  return layers.filter(({ tensors }) => tensors.size > 0);
}

const listed = ({ tensors }: LayerWeights): string =>
  [...tensors]
    .map(([name, { shape }]) => `${name} ${shapeText(shape)}`)
    .sort()
    .join(', ');

function checkCount(own: readonly LayerWeights[], stored: readonly LayerWeights[]): void {
  if (own.length === stored.length) return;
  throw new SluiceError(
    'bad-shape',
    `loadWeights: the model has ${own.length} layers with weights (${namesOf(own)}), but the file has ` +
      `${stored.length} (${namesOf(stored)}); byName: true takes those of the same names`,
  );
}

const mismatch = (own: LayerWeights, stored: LayerWeights): SluiceError =>
  new SluiceError(
    'bad-shape',
    `loadWeights: layer ${quote(own.name)} needs ${listed(own)}, but layer ${quote(stored.name)} of the file has ` +
      `${listed(stored)}; skipMismatch: true leaves such a layer as it is`,
  );

const nothingFits = (own: readonly LayerWeights[], stored: readonly LayerWeights[]): SluiceError =>
  new SluiceError(
    'bad-shape',
    `loadWeights: no layer of the model (${namesOf(own)}) gets weights from the file, which has those of ` +
      `${namesOf(stored)}; name a layer as the file does`,
  );

const namesOf = (layers: readonly LayerWeights[]): string =>
  layers.map(({ name }) => quote(name)).join(', ') || 'none';
