// The typed face of the Wasm exports: the one place that knows how kernels are called.
// Pointers are byte addresses, strides and sizes count floats; assembly/ holds the contracts.
import { instantiateSync } from '@assemblyscript/loader';

type Seeds = [seedLo: number, seedHi: number, counterLo: number, counterHi: number];

/** Sizes come back as doubles so that absurd sizes do not wrap around. */
interface SizeKernels {
  lstmGatesFloats(B: number, T: number, I: number, H: number): number;
  lstmCellFloats(B: number, T: number, I: number, H: number): number;
  lstmXhFloats(B: number, T: number, I: number, H: number): number;
  lstmInferScratchFloats(B: number, H: number): number;
  lstmScratchFloats(B: number, T: number, I: number, H: number): number;
  lstmWeightFloats(I: number, H: number): number;
  lstmBiasFloats(H: number): number;
  denseScratchFloats(R: number, K: number, N: number): number;
  orthogonalScratchFloats(rows: number, columns: number): number;
}

/** Shapes and aliasing: assembly/cells/lstm-forward.ts. */
type LstmForwardArguments = [
  B: number,
  T: number,
  I: number,
  H: number,
  x: number,
  xStride: number,
  xh: number,
  w: number,
  b: number,
  gates: number,
  c: number,
  scratch: number,
];

interface LayerKernels {
  lstmZeroState(B: number, I: number, H: number, xh: number, c: number): void;
  lstmForward(...args: LstmForwardArguments): void;
  lstmForwardFromZero(...args: LstmForwardArguments): void;
  lstmInfer(
    B: number,
    T: number,
    I: number,
    H: number,
    x: number,
    xStride: number,
    xh: number,
    w: number,
    b: number,
    c: number,
    h: number,
    sequences: number,
    scratch: number,
  ): void;
  lstmBackward(
    B: number,
    T: number,
    I: number,
    H: number,
    xh: number,
    w: number,
    gates: number,
    c: number,
    dOut: number,
    dOutStride: number,
    dOutLast: number,
    dX: number,
    dXStride: number,
    dW: number,
    db: number,
    scratch: number,
  ): void;
  lstmPack(
    I: number,
    H: number,
    kernel: number,
    recurrent: number,
    bias: number,
    w: number,
    b: number,
  ): void;
  lstmUnpack(
    I: number,
    H: number,
    w: number,
    b: number,
    kernel: number,
    recurrent: number,
    bias: number,
  ): void;
  denseForward(
    R: number,
    K: number,
    N: number,
    x: number,
    xStride: number,
    w: number,
    b: number,
    activation: number,
    y: number,
    yStride: number,
  ): void;
  denseBackward(
    R: number,
    K: number,
    N: number,
    x: number,
    xStride: number,
    w: number,
    y: number,
    yStride: number,
    dY: number,
    dYStride: number,
    activation: number,
    dX: number,
    dXStride: number,
    dW: number,
    db: number,
    scratch: number,
  ): void;
  densePack(K: number, N: number, kernel: number, bias: number, w: number, b: number): void;
  denseUnpack(K: number, N: number, w: number, b: number, kernel: number, bias: number): void;
  copyColumns(
    R: number,
    C: number,
    zeros: number,
    x: number,
    xStride: number,
    y: number,
    yStride: number,
  ): void;
  addRows(R: number, C: number, x: number, xStride: number, y: number, yStride: number): void;
  dropout(
    R: number,
    C: number,
    x: number,
    xStride: number,
    y: number,
    yStride: number,
    rate: number,
    ...seeds: Seeds
  ): void;
}

/**
 * Returns the mean over R rows of outputs y and targets t; dY = 0: no gradient is wanted; weights:
 * a factor for each row, 0 for none.
 */
export type LossKernel = (
  R: number,
  N: number,
  y: number,
  yStride: number,
  t: number,
  tStride: number,
  dY: number,
  dYStride: number,
  weights?: number,
) => number;

interface TrainingKernels {
  meanSquaredError: LossKernel;
  softmaxCrossEntropy(
    R: number,
    N: number,
    z: number,
    zStride: number,
    t: number,
    tStride: number,
    p: number,
    pStride: number,
    dZ: number,
    dZStride: number,
    weights?: number,
  ): number;
  categoricalCrossEntropy: LossKernel;
  sparseCrossEntropy: LossKernel;
  /** Arguments: assembly/optimizers/adam.ts. */
  adam(
    runs: number,
    n: number,
    stride: number,
    w: number,
    g: number,
    m: number,
    v: number,
    alpha: number,
    share1: number,
    share2: number,
    epsilon: number,
    gradientScale: number,
  ): void;
  sgd(
    runs: number,
    n: number,
    stride: number,
    w: number,
    g: number,
    velocity: number,
    learningRate: number,
    momentum: number,
    nesterov: number,
    gradientScale: number,
  ): void;
  sumOfSquares(runs: number, n: number, stride: number, g: number): number;
  clampValues(n: number, a: number, limit: number): void;
  largestMagnitude(n: number, a: number): number;
  fill(n: number, pointer: number, value: number): void;
}

interface RandomKernels {
  randomUniform(n: number, pointer: number, low: number, high: number, ...seeds: Seeds): void;
  randomNormal(n: number, pointer: number, mean: number, std: number, ...seeds: Seeds): void;
  glorotUniform(n: number, pointer: number, fanIn: number, fanOut: number, ...seeds: Seeds): void;
  orthogonal(
    rows: number,
    columns: number,
    pointer: number,
    gain: number,
    scratch: number,
    ...seeds: Seeds
  ): void;
  philox(
    seedLo: number,
    seedHi: number,
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    out: number,
  ): void;
}

interface ScalarKernels {
  mathExp(x: number): number;
  mathLog(x: number): number;
  mathPow(x: number, y: number): number;
  mathSin(x: number): number;
  mathCos(x: number): number;
  mathTanh(x: number): number;
}

interface Constants {
  readonly LANES: WebAssembly.Global;
  readonly ALIGNMENT: WebAssembly.Global;
  readonly ACT_LINEAR: WebAssembly.Global;
  readonly ACT_TANH: WebAssembly.Global;
  readonly ACT_SIGMOID: WebAssembly.Global;
  readonly ACT_RELU: WebAssembly.Global;
  readonly ACT_SOFTMAX: WebAssembly.Global;
}

export interface Kernels
  extends SizeKernels,
    LayerKernels,
    TrainingKernels,
    RandomKernels,
    ScalarKernels,
    Constants {
  readonly memory: WebAssembly.Memory;
  ceilingMadd(iterations: number): number;
}

/**
 * A fresh instance with a memory of its own. The raw exports are handed out rather than
 * the loader's wrappers, which gather arguments into an array on every call.
 */
export function instantiateKernels(module: WebAssembly.Module): Kernels {
  return instantiateSync(module).instance.exports as unknown as Kernels;
}

/** n rounded up to whole SIMD vectors: the padded width of rows. */
export function padded(kernels: Kernels, n: number): number {
  const lanes = kernels.LANES.value as number;
  return Math.ceil(n / lanes) * lanes;
}
