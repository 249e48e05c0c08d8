// Files of other programs are named by how they begin.
import {
  fromBytes,
  layers,
  loadState,
  loadWeights,
  readModelFile,
  sequential,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { foreignFormat } from '../../src/formats/foreign.js';
import { expectError } from '../support/errors.js';

const bytes = (...parts: (string | readonly number[])[]): Uint8Array => {
  const all = parts.flatMap((part) =>
    typeof part === 'string' ? Array.from(part, (c) => c.charCodeAt(0)) : [...part],
  );
  return Uint8Array.from([...all, ...new Array(200).fill(7)]);
};
/** A local file header of zip (APPNOTE 4.3.7): 26 bytes, the length of the name, that of what follows it, the name. */
const zip = (name: string) =>
  bytes('PK', [3, 4, 20, 0], new Array(20).fill(0), [name.length, 0, 0, 0], name);

const files: [string, RegExp, Uint8Array][] = [
  ['a file of Keras in HDF5', /HDF5, as \.h5.*setWeights/, bytes([0x89], 'HDF\r\n', [0x1a, 0x0a])],
  ['a .keras file', /\.keras file, a zip archive.*setWeights/, zip('metadata.json')],
  ['a .pt file', /\.pt file of PyTorch/, zip('model/data.pkl')],
  ['an .npz file', /\.npz file of NumPy/, zip('arr_0.npy')],
  ['another zip archive', /zip archive, as \.keras and \.pt files are/, zip('a.txt')],
  ['an old .pt file', /pickle of Python/, bytes([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46])],
  ['ONNX', /ONNX/, bytes([8, 8, 0x12, 7], 'pytorch')],
  ['an .npy file', /\.npy array/, bytes([0x93], 'NUMPY', [1, 0])],
  ['TensorFlow Lite', /TensorFlow Lite/, bytes([28, 0, 0, 0], 'TFL3')],
  ['GGUF', /GGUF/, bytes('GGUF', [3, 0, 0, 0])],
  ['what gzip made', /gzip; unpack it first/, bytes([0x1f, 0x8b, 8, 0])],
  ['JSON', /JSON.*modelFromConfig/, bytes('{"class_name": "Sequential"}')],
];

describe.each(files)('%s', (_, expected, file) => {
  it('is called what it is at every door, in one line', async () => {
    const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    for (const door of [
      () => fromBytes(file),
      () => readModelFile(file),
      () => loadWeights(made, file),
      () => loadState(made, file),
      () => fromBytes(file.slice(0, 60)),
    ]) {
      const { message } = await expectError(door, 'bad-file', expected);
      expect(message.length).toBeLessThan(300);
    }
  });
});

it('takes no safetensors file for another one, whatever the length of its header', () => {
  // the first bytes of each, as the length of a header
  for (const [, , file] of files) {
    expect(foreignFormat(Uint8Array.from([...file.slice(0, 4), 0, 0, 0, 0, 0x7b, 0x22]))).toBe(
      undefined,
    );
  }
  const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
  expect(fromBytes(toBytes(made)).getConfig()).toEqual(made.getConfig());
});
