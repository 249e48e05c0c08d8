// Draws the numbers with which a weight begins.
import type { Kernels } from '../engine/kernels.js';
import { type SeedWords, seedWords } from '../random.js';
import { type Initializer, type InitializerConfig, resolved } from './initializer.js';
import { floatsOf, type Shape } from './port.js';

/** Of a normal distribution cut off at two standard deviations: its own standard deviation. */
const TRUNCATED = 0.87962566103423978;

interface Scaling {
  readonly scale: number;
  readonly mode: string;
  readonly distribution: string;
}

/** Initializers that are VarianceScaling under a name, as in Keras. */
const SCALINGS: Readonly<Record<string, Scaling>> = {
  GlorotNormal: { scale: 1, mode: 'fanAvg', distribution: 'truncatedNormal' },
  HeNormal: { scale: 2, mode: 'fanIn', distribution: 'truncatedNormal' },
  HeUniform: { scale: 2, mode: 'fanIn', distribution: 'uniform' },
  LecunNormal: { scale: 1, mode: 'fanIn', distribution: 'truncatedNormal' },
  LecunUniform: { scale: 1, mode: 'fanIn', distribution: 'uniform' },
};

/** [fan-in, fan-out] as Keras computes them: rows and columns; of a vector its length twice; of taps what all of them see. */
const fansOf = ([rows, columns = rows, filters]: Shape): readonly [number, number] =>
  filters === undefined ? [rows, columns] : [rows * columns, rows * filters];

/** The matrix that a weight is; taps [K, C, N] are K C rows. */
const matrixOf = ([rows, columns = rows, filters]: Shape): readonly [number, number] =>
  filters === undefined ? [rows, columns] : [rows * columns, filters];

/**
 * Fills a contiguous matrix, vector or kernel of taps at `pointer`. An initializer with a seed of its own draws from stream 0 of that
 * seed: the same numbers for the same shape wherever it stands, as in Keras. The others draw from `stream` of `seed`.
 */
export function initializeWeight(
  kernels: Kernels,
  initializer: Initializer,
  shape: Shape,
  pointer: number,
  scratch: number,
  seed: SeedWords,
  stream: number,
  streamHigh: number,
): void {
  const config = resolved(initializer);
  const { className } = config;
  const n = floatsOf(shape);
  const own = config.seed !== undefined;
  const { lo, hi } = own ? seedWords(config.seed as number) : seed;
  const counter = [lo, hi, own ? 0 : stream, streamHigh] as const;
  const { mean, stddev, minval, maxval, value, gain } = config as Record<string, number> &
    InitializerConfig;
  switch (className) {
    case 'Zeros':
      kernels.fill(n, pointer, 0);
      break;
    case 'Ones':
      kernels.fill(n, pointer, 1);
      break;
    case 'Constant':
      kernels.fill(n, pointer, value);
      break;
    case 'RandomNormal':
      kernels.randomNormal(n, pointer, mean, stddev, ...counter);
      break;
    case 'RandomUniform':
      kernels.randomUniform(n, pointer, minval, maxval, ...counter);
      break;
    case 'TruncatedNormal':
      kernels.truncatedNormal(n, pointer, mean, stddev, ...counter);
      break;
    case 'GlorotUniform':
      kernels.glorotUniform(n, pointer, ...fansOf(shape), ...counter);
      break;
    case 'Orthogonal':
      kernels.orthogonal(...matrixOf(shape), pointer, gain, scratch, ...counter);
      break;
    case 'Identity':
      identity(kernels, shape, pointer, gain);
      break;
    default:
      scaled(kernels, SCALINGS[className] ?? config, shape, pointer, counter);
  }
}

function identity(kernels: Kernels, shape: Shape, pointer: number, gain: number): void {
  const [rows, columns] = fansOf(shape);
  const matrix = new Float32Array(kernels.memory.buffer, pointer, rows * columns);
  matrix.fill(0);
  for (let i = 0; i < Math.min(rows, columns); i++) matrix[i * columns + i] = gain;
}

/** Square roots and quotients are those of IEEE 754, the same on every engine. */
function scaled(
  kernels: Kernels,
  { scale, mode, distribution }: Scaling | InitializerConfig,
  shape: Shape,
  pointer: number,
  counter: readonly [number, number, number, number],
): void {
  const n = floatsOf(shape);
  const [fanIn, fanOut] = fansOf(shape);
  const fan = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
  const variance = (scale as number) / Math.max(1, fan);
  if (distribution === 'uniform') {
    const limit = Math.sqrt(3 * variance);
    kernels.randomUniform(n, pointer, -limit, limit, ...counter);
  } else if (distribution === 'untruncatedNormal') {
    kernels.randomNormal(n, pointer, 0, Math.sqrt(variance), ...counter);
  } else {
    kernels.truncatedNormal(n, pointer, 0, Math.sqrt(variance) / TRUNCATED, ...counter);
  }
}

/** Floats of scratch that drawing it needs. */
export function initializerScratch(
  kernels: Kernels,
  initializer: Initializer,
  shape: Shape,
): number {
  if (resolved(initializer).className !== 'Orthogonal') return 0;
  return kernels.orthogonalScratchFloats(...matrixOf(shape));
}
