/** Files of other programs, by how they begin: an error that names the format says more than one about a header. */

/** Bytes from the start that tell formats apart: the name of the first entry of a zip archive among them. */
export const TELLING_BYTES = 96;

/** Where weights of other programs come in. */
const BY_HAND =
  'make the model from its layers and hand its weights, which stand in the order of get_weights() of Keras, to model.setWeights';

const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const ZIP = [0x50, 0x4b, 0x03, 0x04];
const NUMPY = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const TFLITE = [0x54, 0x46, 0x4c, 0x33];
const GGUF = [0x47, 0x47, 0x55, 0x46];
const GZIP = [0x1f, 0x8b, 0x08];
/** The name of the first entry of a zip archive, and where its length stands. */
const [NAME, NAME_LENGTH] = [30, 26];

/**
 * What a file is, and what to do about it; undefined where it is none of the known ones.
 * @param start the first bytes of the file, TELLING_BYTES of them where there are so many
 */
export function foreignFormat(start: Uint8Array): string | undefined {
  const begins = (magic: readonly number[], at = 0) =>
    magic.every((byte, i) => start[at + i] === byte);
  // safetensors: a length of eight bytes whose upper half is 0, then an object
  if (begins([0, 0, 0, 0, 0x7b], 4)) return undefined;
  if (begins(HDF5)) return `it is HDF5, as .h5 files of Keras are; ${BY_HAND}`;
  if (begins(ZIP)) return zipped(start);
  // the protocols 2 to 5 of Python's pickle, each an opcode and its number
  if (start[0] === 0x80 && start[1] >= 2 && start[1] <= 5) {
    return `it is a pickle of Python, as old .pt files of PyTorch are; ${BY_HAND}`;
  }
  // field 1, a version, then field 2, the name of the program that wrote it (onnx.proto)
  if (start[0] === 0x08 && start[1] < 0x20 && start[2] === 0x12) {
    return `it looks like ONNX; ${BY_HAND}`;
  }
  if (begins(NUMPY)) return `it is a .npy array of NumPy; ${BY_HAND}`;
  if (begins(TFLITE, 4)) return `it is TensorFlow Lite; ${BY_HAND}`;
  if (begins(GGUF)) return `it is GGUF; ${BY_HAND}`;
  if (begins(GZIP)) return 'it is compressed by gzip; unpack it first';
  if (start[0] === 0x7b && start[7] !== 0) {
    return 'it is text like JSON; a configuration of sluice goes to modelFromConfig';
  }
  return undefined;
}

function zipped(start: Uint8Array): string {
  const length = (start[NAME_LENGTH] ?? 0) + 256 * (start[NAME_LENGTH + 1] ?? 0);
  const name = String.fromCharCode(...start.subarray(NAME, NAME + Math.min(length, 60)));
  if (/\.weights\.h5$|^(metadata|config)\.json$/.test(name)) {
    return `it is a .keras file, a zip archive; ${BY_HAND}`;
  }
  if (/(^|\/)(data\.pkl|\.format_version|\.data\/|byteorder)/.test(name)) {
    return `it is a .pt file of PyTorch, a zip archive; ${BY_HAND}`;
  }
  if (name.endsWith('.npy')) return `it is a .npz file of NumPy, a zip archive; ${BY_HAND}`;
  return `it is a zip archive, as .keras and .pt files are; ${BY_HAND}`;
}
