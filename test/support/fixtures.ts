/// <reference types="vite/client" />
/**
 * Reference vectors from PyTorch and Keras (made by the scripts beside them in test/fixtures),
 * inlined by Vite as data URLs, so that the same tests run in Node and in a browser.
 */
import { readSafetensors } from '../../src/formats/safetensors.js';

const files = import.meta.glob<string>('../fixtures/*/*.safetensors', {
  query: '?url&inline',
  import: 'default',
  eager: true,
});

export type FixtureLayer =
  | { type: 'lstm'; units: number; returnSequences: boolean }
  | {
      type: 'dense';
      units: number;
      activation: 'linear' | 'tanh' | 'sigmoid' | 'relu' | 'softmax';
    };

/** The settings of a reference run; `losses/<key>` holds its losses. */
export interface FixtureOptimizer {
  name: 'adam' | 'sgd';
  learningRate: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
  momentum?: number;
  nesterov?: boolean;
  clipNorm?: number;
  globalClipNorm?: number;
  clipValue?: number;
}

export interface FixtureTensor {
  shape: number[];
  data: Float32Array | Float64Array;
}

export interface Fixture {
  layers: FixtureLayer[];
  loss: 'meanSquaredError' | 'categoricalCrossentropy';
  optimizers: Record<string, FixtureOptimizer>;
  /** The tensor of that name; throws where there is none. */
  tensor(name: string): FixtureTensor;
  /** Tensors `<prefix>0`, `<prefix>1` ... as far as they go. */
  list(prefix: string): FixtureTensor[];
}

/** Those from PyTorch. */
export const fixtureNames: readonly string[] = Object.keys(files)
  .filter((path) => path.includes('/pytorch/'))
  .map((path) => path.slice(path.lastIndexOf('/') + 1, -'.safetensors'.length))
  .sort();

export function fixture(name: string, folder: 'pytorch' | 'keras' = 'pytorch'): Fixture {
  const { metadata, tensors } = readSafetensors(
    decodeDataUrl(files[`../fixtures/${folder}/${name}.safetensors`]),
  );
  const tensor = (key: string): FixtureTensor => {
    const stored = tensors.get(key);
    if (stored === undefined) throw new Error(`fixture ${name} holds no tensor ${key}`);
    const { buffer } = stored.bytes.slice();
    const data = stored.dtype === 'F64' ? new Float64Array(buffer) : new Float32Array(buffer);
    return { shape: [...stored.shape], data };
  };
  const list = (prefix: string): FixtureTensor[] => {
    const found: FixtureTensor[] = [];
    while (tensors.has(`${prefix}${found.length}`)) found.push(tensor(`${prefix}${found.length}`));
    return found;
  };
  return { ...JSON.parse(metadata.get('case') as string), tensor, list };
}

function decodeDataUrl(url: string): Uint8Array {
  const binary = atob(url.slice(url.indexOf(',') + 1));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
