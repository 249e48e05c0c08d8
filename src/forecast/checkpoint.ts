/** A forecaster in the middle of its training, as bytes. */

import type { EarlyStopping } from '../callbacks/early-stopping.js';
import { checksum } from '../crc32.js';
import { SluiceError } from '../errors.js';
import { isObject } from '../formats/json.js';
import { loadState, saveState } from '../formats/model-state.js';
import { readSafetensors, toFloat32, writeSafetensors } from '../formats/safetensors.js';
import type { Model } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';

/** Figures of the epochs so far. */
export interface Epochs {
  readonly loss: number[];
  readonly val_loss: number[];
  readonly val_mae: number[];
}

/** Bytes that tell how long the first of two parts is, and a checksum of all the rest: eight digits. */
const LENGTH = 4;
const HEAD = LENGTH + 8;

/** The whole state of the model, then what early stopping and the history know. */
export function packTraining(
  model: Model<Tensor>,
  stopping: EarlyStopping,
  epochs: Epochs,
): Uint8Array {
  const { bestWeights = [], ...known } = stopping.saveState();
  const tensors = bestWeights.map((tensor, i) => ({ name: `best/${i}`, ...tensor }));
  const metadata = new Map([['training', JSON.stringify({ ...known, epochs })]]);
  const state = saveState(model);
  const rest = writeSafetensors(tensors, metadata);
  const bytes = new Uint8Array(HEAD + state.length + rest.length);
  new DataView(bytes.buffer).setUint32(0, state.length, true);
  bytes.set(state, HEAD);
  bytes.set(rest, HEAD + state.length);
  bytes.set(new TextEncoder().encode(checksumOf(bytes)), LENGTH);
  return bytes;
}

const checksumOf = (bytes: Uint8Array): string =>
  checksum(bytes.subarray(0, LENGTH), bytes.subarray(HEAD));

/**
 * Puts a compiled model and an early stopping where they stood.
 * @returns the figures by then
 * @throws SluiceError 'bad-file', or whatever reading says, where the bytes are damaged or those of
 *   another network; nothing has changed then
 */
export function unpackTraining(
  bytes: Uint8Array,
  model: Model<Tensor>,
  stopping: EarlyStopping,
): Epochs {
  const stated = new TextDecoder().decode(bytes.subarray(LENGTH, HEAD));
  if (stated !== checksumOf(bytes)) {
    throw new SluiceError('bad-file', `checkpoint: its checksum is not ${stated}; it is damaged`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  const { metadata, tensors } = readSafetensors(bytes.subarray(HEAD + length));
  const { epochs, ...known } = read(metadata.get('training'));
  const weights = model.weightSpecs.map(({ name }, i) => {
    const stored = tensors.get(`best/${i}`);
    return stored && { data: toFloat32(name, stored), shape: [...stored.shape] };
  });
  const bestWeights = weights.every((one) => one !== undefined) ? weights : undefined;
  loadState(model, bytes.subarray(HEAD, HEAD + length));
  stopping.loadState({ best: undefined, ...known, bestWeights });
  return epochs;
}

interface Known {
  readonly best?: number;
  readonly bestEpoch: number;
  readonly waited: number;
  readonly epochs: Epochs;
}

function read(text: string | undefined): Known {
  const known: unknown = JSON.parse(text ?? '');
  if (!isObject(known) || !isObject(known.epochs)) throw new Error('no training in it');
  return known as unknown as Known;
}
