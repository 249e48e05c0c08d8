// Written by assembly/compile.mjs: what the compiled kernels export, by the names of their source.
// Pointers are byte addresses, strides and sizes count floats; the files named here hold the
// contracts.
// biome-ignore-all format: a generated file

export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly LANES: { readonly value: number };
  readonly ALIGNMENT: { readonly value: number };
  readonly ACT_LINEAR: { readonly value: number };
  readonly ACT_TANH: { readonly value: number };
  readonly ACT_SIGMOID: { readonly value: number };
  readonly ACT_RELU: { readonly value: number };
  readonly ACT_SOFTMAX: { readonly value: number };
  readonly ACT_HARD_SIGMOID: { readonly value: number };
  readonly TEAM_BYTES: { readonly value: number };
  readonly MASK_CLEAR: { readonly value: number };
  readonly MASK_LOWER: { readonly value: number };
  readonly MASK_REPLACE: { readonly value: number };
  /** assembly/cells/lstm-layout.ts */
  lstmBiasFloats(H: number): number;
  /** assembly/cells/lstm-layout.ts */
  lstmCellFloats(B: number, T: number, I: number, H: number): number;
  /** assembly/cells/lstm-layout.ts */
  lstmGatesFloats(B: number, T: number, I: number, H: number): number;
  /** assembly/cells/lstm-layout.ts */
  lstmScratchFloats(B: number, T: number, I: number, H: number): number;
  /** assembly/cells/lstm-layout.ts */
  lstmWeightFloats(I: number, H: number): number;
  /** assembly/cells/lstm-layout.ts */
  lstmXhFloats(B: number, T: number, I: number, H: number): number;
  /** assembly/cells/lstm-pack.ts */
  lstmPack(I: number, H: number, kernel: number, recurrent: number, bias: number, w: number, b: number): void;
  /** assembly/cells/lstm-pack.ts */
  lstmUnpack(I: number, H: number, w: number, b: number, kernel: number, recurrent: number, bias: number): void;
  /** assembly/cells/lstm-forward.ts */
  lstmForward(B: number, T: number, I: number, H: number, x: number, xStride: number, xh: number, w: number, b: number, gates: number, c: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/lstm-forward.ts */
  lstmForwardFromZero(B: number, T: number, I: number, H: number, x: number, xStride: number, xh: number, w: number, b: number, gates: number, c: number, lengths: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/lstm-forward.ts */
  lstmSetState(B: number, I: number, H: number, h: number, hStride: number, c: number, cStride: number, xh: number, cell: number): void;
  /** assembly/cells/lstm-forward.ts */
  lstmZeroState(B: number, I: number, H: number, xh: number, c: number): void;
  /** assembly/cells/lstm-infer.ts */
  lstmInfer(B: number, T: number, I: number, H: number, x: number, xStride: number, xh: number, w: number, b: number, c: number, h: number, sequences: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/lstm-infer.ts */
  lstmInferScratchFloats(B: number, H: number): number;
  /** assembly/cells/lstm-backward.ts */
  lstmBackward(B: number, T: number, I: number, H: number, xh: number, w: number, gates: number, c: number, dOut: number, dOutStride: number, dOutLast: number, dhLast: number, dcLast: number, dX: number, dXStride: number, dW: number, db: number, dhFirst: number, dcFirst: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/lstm-step.ts */
  lstmStep(B: number, I: number, H: number, p0: number, p1: number, xh: number, w: number, b: number, saved: number, savedStep: number, c: number, cNext: number, h: number, hStride: number, scratch: number): void;
  /** assembly/cells/lstm-step-backward.ts */
  lstmGradientProduct(rows: number, panels: number, d: number, panelStep: number, w: number, n0: number, n1: number, out: number, outStride: number, outStep: number): void;
  /** assembly/cells/lstm-step-backward.ts */
  lstmStepBackward(B: number, part: number, hp: number, p0: number, p1: number, saved: number, c: number, dc: number, out: number, outStride: number, outStep: number, dh: number, d: number, panelStep: number, sums: number): void;
  /** assembly/cells/lstm-step-backward.ts */
  lstmWeightGradients(rows: number, k: number, p0: number, p1: number, packed: number, d: number, panelStep: number, dW: number, first: number): void;
  /** assembly/cells/gru-layout.ts */
  gruBackwardScratchFloats(B: number, T: number, I: number, H: number): number;
  /** assembly/cells/gru-layout.ts */
  gruBiasFloats(H: number): number;
  /** assembly/cells/gru-layout.ts */
  gruDropFloats(B: number, T: number, H: number): number;
  /** assembly/cells/gru-layout.ts */
  gruForwardScratchFloats(B: number, H: number): number;
  /** assembly/cells/gru-layout.ts */
  gruInferScratchFloats(B: number, H: number): number;
  /** assembly/cells/gru-layout.ts */
  gruResetFloats(B: number, T: number, H: number, resetAfter: number): number;
  /** assembly/cells/gru-layout.ts */
  gruSavedFloats(B: number, T: number, H: number): number;
  /** assembly/cells/gru-layout.ts */
  gruWeightFloats(I: number, H: number): number;
  /** assembly/cells/gru-layout.ts */
  gruXhFloats(B: number, T: number, I: number, H: number): number;
  /** assembly/cells/gru-pack.ts */
  gruPack(I: number, H: number, kind: number, kernel: number, recurrent: number, bias: number, w: number, b: number): void;
  /** assembly/cells/gru-pack.ts */
  gruUnpack(I: number, H: number, kind: number, w: number, b: number, kernel: number, recurrent: number, bias: number): void;
  /** assembly/cells/gru-forward.ts */
  gruForward(B: number, T: number, I: number, H: number, kind: number, x: number, xStride: number, xh: number, w: number, b: number, saved: number, rh: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/gru-forward.ts */
  gruForwardDropped(B: number, T: number, I: number, H: number, kind: number, x: number, xStride: number, xh: number, w: number, b: number, saved: number, rh: number, lengths: number, first: number, masks: number, masked: number, keepH: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/gru-forward.ts */
  gruForwardFromZero(B: number, T: number, I: number, H: number, kind: number, x: number, xStride: number, xh: number, w: number, b: number, saved: number, rh: number, lengths: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/gru-forward.ts */
  gruSetState(B: number, I: number, H: number, h: number, hStride: number, xh: number): void;
  /** assembly/cells/gru-forward.ts */
  gruZeroState(B: number, I: number, H: number, xh: number): void;
  /** assembly/cells/gru-infer.ts */
  gruInfer(B: number, T: number, I: number, H: number, kind: number, x: number, xStride: number, xh: number, w: number, b: number, h: number, sequences: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/gru-infer.ts */
  gruInferZoned(B: number, T: number, I: number, H: number, kind: number, x: number, xStride: number, xh: number, w: number, b: number, h: number, sequences: number, lengths: number, first: number, rateH: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/gru-backward.ts */
  gruBackward(B: number, T: number, I: number, H: number, kind: number, xh: number, w: number, saved: number, rh: number, dOut: number, dOutStride: number, dOutLast: number, dhLast: number, dX: number, dXStride: number, dW: number, db: number, dhFirst: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/gru-backward.ts */
  gruBackwardDropped(B: number, T: number, I: number, H: number, kind: number, xh: number, w: number, saved: number, rh: number, dOut: number, dOutStride: number, dOutLast: number, dhLast: number, dX: number, dXStride: number, dW: number, db: number, dhFirst: number, lengths: number, first: number, masks: number, masked: number, keepH: number, aside: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/gru-step.ts */
  gruStepCandidates(B: number, I: number, H: number, g0: number, g1: number, xh: number, w: number, saved: number, rh: number, h: number, hStride: number, scratch: number): void;
  /** assembly/cells/gru-step.ts */
  gruStepGates(B: number, I: number, H: number, g0: number, g1: number, xh: number, w: number, b: number, saved: number, rh: number, h: number, hStride: number, scratch: number): void;
  /** assembly/cells/gru-step-backward.ts */
  gruBiasGradients(rows: number, groups: number, g0: number, g1: number, kind: number, d: number, tileStep: number, sums: number, db: number, first: number): void;
  /** assembly/cells/gru-step-backward.ts */
  gruGradientProduct(rows: number, tiles: number, d: number, tileStep: number, w: number, groups: number, n0: number, n1: number, out: number, outStride: number, outStep: number, add: number): void;
  /** assembly/cells/gru-step-backward.ts */
  gruStepBackward(B: number, groups: number, p0: number, p1: number, kind: number, saved: number, h: number, hStride: number, out: number, outStride: number, outStep: number, dh: number, d: number, tileStep: number): void;
  /** assembly/cells/gru-step-backward.ts */
  gruStepResetBackward(B: number, groups: number, p0: number, p1: number, saved: number, h: number, hStride: number, dRh: number, dh: number, d: number, tileStep: number): void;
  /** assembly/cells/gru-step-backward.ts */
  gruWeightGradients(rows: number, ip: number, hp: number, groups: number, g0: number, g1: number, packed: number, packedReset: number, d: number, tileStep: number, dW: number, first: number): void;
  /** assembly/cells/cell-layout.ts */
  cellBackwardScratchFloats(kind: number, B: number, T: number, I: number, H: number): number;
  /** assembly/cells/cell-layout.ts */
  cellBankFloats(kind: number, H: number): number;
  /** assembly/cells/cell-layout.ts */
  cellBiasFloats(kind: number, H: number): number;
  /** assembly/cells/cell-layout.ts */
  cellDropFloats(B: number, T: number, H: number): number;
  /** assembly/cells/cell-layout.ts */
  cellForwardScratchFloats(kind: number, B: number): number;
  /** assembly/cells/cell-layout.ts */
  cellSavedFloats(kind: number, B: number, T: number, H: number): number;
  /** assembly/cells/cell-layout.ts */
  cellStateFloats(kind: number, B: number, T: number, H: number): number;
  /** assembly/cells/cell-layout.ts */
  cellWeightFloats(kind: number, I: number, H: number): number;
  /** assembly/cells/cell-layout.ts */
  cellXhFloats(B: number, T: number, I: number, H: number): number;
  /** assembly/cells/cell-gates.ts */
  cellPackGates(I: number, H: number, gateKernel: number, w: number): void;
  /** assembly/cells/cell-gates.ts */
  cellUnpackGates(I: number, H: number, w: number, gateKernel: number): void;
  /** assembly/cells/cell-pack.ts */
  cellPack(kind: number, I: number, H: number, kernel: number, recurrent: number, bias: number, extra: number, w: number, b: number): void;
  /** assembly/cells/cell-pack.ts */
  cellPackVectors(kind: number, H: number, first: number, count: number, rows: number, b: number): void;
  /** assembly/cells/cell-pack.ts */
  cellUnpack(kind: number, I: number, H: number, w: number, b: number, kernel: number, recurrent: number, bias: number, extra: number): void;
  /** assembly/cells/cell-pack.ts */
  cellUnpackVectors(kind: number, H: number, first: number, count: number, b: number, rows: number): void;
  /** assembly/cells/cell-projection.ts */
  cellPackProjection(kind: number, I: number, H: number, projection: number, bias: number, w: number, b: number): void;
  /** assembly/cells/cell-projection.ts */
  cellUnpackProjection(kind: number, I: number, H: number, w: number, b: number, projection: number, bias: number): void;
  /** assembly/cells/cell-forward.ts */
  cellForward(kind: number, B: number, T: number, I: number, H: number, x: number, xStride: number, xh: number, w: number, b: number, saved: number, c: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/cell-forward.ts */
  cellForwardDropped(kind: number, B: number, T: number, I: number, H: number, x: number, xStride: number, xh: number, w: number, b: number, saved: number, c: number, lengths: number, first: number, masks: number, masked: number, keepH: number, keepC: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/cell-forward.ts */
  cellForwardFromZero(kind: number, B: number, T: number, I: number, H: number, x: number, xStride: number, xh: number, w: number, b: number, saved: number, c: number, lengths: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/cell-forward.ts */
  cellInfer(kind: number, B: number, T: number, I: number, H: number, x: number, xStride: number, xh: number, w: number, b: number, c: number, h: number, sequences: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/cell-forward.ts */
  cellInferZoned(kind: number, B: number, T: number, I: number, H: number, x: number, xStride: number, xh: number, w: number, b: number, c: number, h: number, sequences: number, lengths: number, first: number, rateH: number, rateC: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/cell-forward.ts */
  cellSetState(kind: number, B: number, I: number, H: number, h: number, hStride: number, c: number, cStride: number, xh: number, cell: number): void;
  /** assembly/cells/cell-forward.ts */
  cellZeroState(kind: number, B: number, I: number, H: number, xh: number, c: number): void;
  /** assembly/cells/cell-backward.ts */
  cellBackward(kind: number, B: number, T: number, I: number, H: number, xh: number, w: number, b: number, saved: number, c: number, dOut: number, dOutStride: number, dOutLast: number, dhLast: number, dcLast: number, dX: number, dXStride: number, dW: number, db: number, dhFirst: number, dcFirst: number, lengths: number, first: number, scratch: number, team: number, rank: number): void;
  /** assembly/cells/cell-backward.ts */
  cellBackwardDropped(kind: number, B: number, T: number, I: number, H: number, xh: number, w: number, b: number, saved: number, c: number, dOut: number, dOutStride: number, dOutLast: number, dhLast: number, dcLast: number, dX: number, dXStride: number, dW: number, db: number, dhFirst: number, dcFirst: number, lengths: number, first: number, masks: number, masked: number, keepH: number, keepC: number, aside: number, scratch: number, team: number, rank: number): void;
  /** assembly/wide.ts */
  setWide(on: boolean): void;
  /** assembly/math/ceiling.ts */
  ceilingMadd(iterations: number): number;
  /** assembly/layers/dense.ts */
  denseBackward(R: number, K: number, N: number, x: number, xStride: number, w: number, y: number, yStride: number, dY: number, dYStride: number, activation: number, dX: number, dXStride: number, dW: number, db: number, scratch: number): void;
  /** assembly/layers/dense.ts */
  denseForward(R: number, K: number, N: number, x: number, xStride: number, w: number, b: number, activation: number, y: number, yStride: number): void;
  /** assembly/layers/dense.ts */
  densePack(K: number, N: number, kernel: number, bias: number, w: number, b: number): void;
  /** assembly/layers/dense.ts */
  denseScratchFloats(R: number, K: number, N: number): number;
  /** assembly/layers/dense.ts */
  denseUnpack(K: number, N: number, w: number, b: number, kernel: number, bias: number): void;
  /** assembly/layers/dense-activation.ts */
  activate(activation: number, R: number, N: number, y: number, yStride: number): void;
  /** assembly/layers/dense-activation.ts */
  activationGradient(activation: number, R: number, N: number, y: number, yStride: number, dY: number, dYStride: number): void;
  /** assembly/layers/columns.ts */
  addRows(R: number, C: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/layers/columns.ts */
  copyColumns(R: number, C: number, zeros: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/layers/merge.ts */
  divideRows(R: number, C: number, by: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/layers/merge.ts */
  extremeGradient(B: number, T: number, C: number, first: number, x: number, xStride: number, lengths: number, all: number, y: number, yStride: number, dY: number, dYStride: number, dX: number, dXStride: number): void;
  /** assembly/layers/merge.ts */
  extremeRows(least: boolean, B: number, T: number, C: number, first: number, x: number, xStride: number, lengths: number, covered: number, y: number, yStride: number): void;
  /** assembly/layers/merge.ts */
  multiplyCounted(B: number, T: number, C: number, first: number, x: number, xStride: number, lengths: number, y: number, yStride: number): void;
  /** assembly/layers/merge.ts */
  repeatColumns(R: number, C: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/layers/merge.ts */
  sumColumns(R: number, C: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/layers/repeat.ts */
  repeatRows(B: number, T: number, C: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/layers/repeat.ts */
  sumRows(B: number, T: number, C: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/layers/rearrange.ts */
  reshapeRows(B: number, total: number, F: number, x: number, xStride: number, G: number, y: number, yStride: number): void;
  /** assembly/layers/rearrange.ts */
  swapAxes(B: number, T: number, F: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/layers/attention-softmax.ts */
  attentionHide(B: number, H: number, Tq: number, Tv: number, causal: boolean, queries: number, values: number, keys: number, d: number, dStride: number): void;
  /** assembly/layers/attention-softmax.ts */
  attentionSoftmax(B: number, H: number, Tq: number, Tv: number, first: number, causal: boolean, factor: number, scale: number, queries: number, values: number, keys: number, mode: number, p: number, pStride: number): void;
  /** assembly/layers/attention-softmax.ts */
  attentionSoftmaxBackward(R: number, N: number, p: number, pStride: number, dP: number, dStride: number): void;
  /** assembly/layers/attention-softmax.ts */
  scaleRows(R: number, C: number, x: number, xStride: number, factor: number, scale: number): void;
  /** assembly/layers/attention-softmax.ts */
  sumOfProducts(R: number, C: number, a: number, aStride: number, b: number, bStride: number): number;
  /** assembly/layers/attention-tanh.ts */
  tanhScores(B: number, Tq: number, Tv: number, D: number, q: number, qStride: number, k: number, kStride: number, inner: number, weights: number, outer: number, s: number, sStride: number): void;
  /** assembly/layers/attention-tanh.ts */
  tanhScoresBackward(B: number, Tq: number, Tv: number, D: number, q: number, qStride: number, k: number, kStride: number, inner: number, weights: number, outer: number, dS: number, dSStride: number, dQ: number, dQStride: number, dK: number, dKStride: number, dInner: number, dWeights: number, dOuter: number, scratch: number): void;
  /** assembly/layers/attention-tanh.ts */
  tanhScoresFloats(D: number): number;
  /** assembly/layers/crf-backward.ts */
  crfBackward(B: number, T: number, K: number, x: number, xStride: number, w: number, lengths: number, t: number, tStride: number, weights: number, alpha: number, dX: number, dXStride: number, dW: number, scratch: number): void;
  /** assembly/layers/crf-backward.ts */
  crfMarginals(B: number, T: number, K: number, x: number, xStride: number, w: number, lengths: number, alpha: number, y: number, yStride: number, scratch: number): void;
  /** assembly/layers/crf-decode.ts */
  crfBest(K: number, Kp: number, a: number, w: number, e: number, to: number, from: number): void;
  /** assembly/layers/crf-decode.ts */
  crfDecode(B: number, T: number, K: number, x: number, xStride: number, w: number, lengths: number, y: number, yStride: number, scratch: number): void;
  /** assembly/layers/crf-forward.ts */
  crfForward(B: number, T: number, K: number, x: number, xStride: number, w: number, lengths: number, t: number, tStride: number, weights: number, alpha: number, scratch: number): number;
  /** assembly/layers/crf-forward.ts */
  crfStep(K: number, Kp: number, a: number, w: number, e: number, to: number): void;
  /** assembly/layers/crf-layout.ts */
  crfBackwardScratchFloats(K: number): number;
  /** assembly/layers/crf-layout.ts */
  crfDecodeScratchFloats(T: number, K: number): number;
  /** assembly/layers/crf-layout.ts */
  crfWeightFloats(K: number): number;
  /** assembly/layers/dropout.ts */
  dropout(R: number, C: number, x: number, xStride: number, y: number, yStride: number, rate: number, seedLo: number, seedHi: number, counterLo: number, counterHi: number): void;
  /** assembly/layers/embedding.ts */
  embeddingBackward(R: number, D: number, V: number, ids: number, dY: number, dYStride: number, dTable: number, record: number): void;
  /** assembly/layers/embedding.ts */
  embeddingForward(R: number, D: number, ids: number, table: number, y: number, yStride: number): void;
  /** assembly/layers/global-pooling.ts */
  globalAverageBackward(B: number, T: number, C: number, lengths: number, count: number, dY: number, dYStride: number, dX: number, dXStride: number): void;
  /** assembly/layers/global-pooling.ts */
  globalAverageForward(B: number, T: number, C: number, x: number, xStride: number, lengths: number, from: number, sum: number, rest: number, count: number, y: number): void;
  /** assembly/layers/global-pooling.ts */
  globalMaxBackward(B: number, T: number, C: number, x: number, xStride: number, y: number, dY: number, dYStride: number, dX: number, dXStride: number): void;
  /** assembly/layers/global-pooling.ts */
  globalMaxForward(B: number, T: number, C: number, x: number, xStride: number, from: number, y: number): void;
  /** assembly/layers/noise.ts */
  applyNoise(multiply: number, R: number, C: number, x: number, xStride: number, noise: number, noiseStride: number, y: number, yStride: number): void;
  /** assembly/layers/noise.ts */
  maskSteps(B: number, T: number, C: number, x: number, xStride: number, mask: number, maskStride: number, y: number, yStride: number): void;
  /** assembly/layers/conv-layout.ts */
  convBiasFloats(N: number, G: number): number;
  /** assembly/layers/conv-layout.ts */
  convPack(K: number, C: number, N: number, G: number, kernel: number, bias: number, w: number, b: number): void;
  /** assembly/layers/conv-layout.ts */
  convUnpack(K: number, C: number, N: number, G: number, w: number, b: number, kernel: number, bias: number): void;
  /** assembly/layers/conv-layout.ts */
  convWeightFloats(K: number, C: number, N: number, G: number): number;
  /** assembly/layers/convolution.ts */
  convBackward(B: number, T: number, O: number, C: number, K: number, S: number, d: number, left: number, N: number, G: number, x: number, xStride: number, w: number, y: number, yStride: number, dY: number, dYStride: number, activation: number, dX: number, dXStride: number, dW: number, db: number, scratch: number): void;
  /** assembly/layers/convolution.ts */
  convBackwardScratchFloats(R: number, Q: number, C: number, K: number, N: number, G: number): number;
  /** assembly/layers/convolution.ts */
  convForward(B: number, T: number, O: number, C: number, K: number, S: number, d: number, left: number, N: number, G: number, x: number, xStride: number, w: number, b: number, activation: number, y: number, yStride: number, scratch: number): void;
  /** assembly/layers/convolution.ts */
  convScratchFloats(R: number, N: number, G: number): number;
  /** assembly/layers/batch-normalization.ts */
  batchNormBackward(B: number, T: number, C: number, x: number, xStride: number, lengths: number, count: number, mean: number, inverse: number, gamma: number, dY: number, dYStride: number, dX: number, dXStride: number, dGamma: number, dBeta: number, scratch: number): void;
  /** assembly/layers/batch-normalization.ts */
  batchNormForward(R: number, C: number, x: number, xStride: number, mean: number, variance: number, gamma: number, beta: number, epsilon: number, inverse: number, y: number, yStride: number): void;
  /** assembly/layers/batch-normalization.ts */
  batchNormMoments(B: number, T: number, C: number, x: number, xStride: number, lengths: number, mean: number, variance: number, scratch: number): number;
  /** assembly/layers/batch-normalization.ts */
  batchNormScratchFloats(C: number): number;
  /** assembly/layers/batch-normalization.ts */
  moveAverage(n: number, momentum: number, now: number, moving: number): void;
  /** assembly/layers/layer-normalization.ts */
  layerNormBackward(R: number, C: number, x: number, xStride: number, gamma: number, saved: number, dY: number, dYStride: number, dX: number, dXStride: number, dGamma: number, dBeta: number, scratch: number): void;
  /** assembly/layers/layer-normalization.ts */
  layerNormForward(R: number, C: number, x: number, xStride: number, gamma: number, beta: number, epsilon: number, y: number, yStride: number, saved: number): void;
  /** assembly/layers/layer-normalization.ts */
  layerNormScratchFloats(C: number): number;
  /** assembly/layers/pooling.ts */
  averagePoolBackward(B: number, T: number, O: number, C: number, P: number, S: number, left: number, dY: number, dYStride: number, dX: number, dXStride: number): void;
  /** assembly/layers/pooling.ts */
  averagePoolForward(B: number, T: number, O: number, C: number, P: number, S: number, left: number, x: number, xStride: number, y: number): void;
  /** assembly/layers/pooling.ts */
  maxPoolBackward(B: number, T: number, O: number, C: number, P: number, S: number, left: number, x: number, xStride: number, y: number, dY: number, dYStride: number, dX: number, dXStride: number): void;
  /** assembly/layers/pooling.ts */
  maxPoolForward(B: number, T: number, O: number, C: number, P: number, S: number, left: number, x: number, xStride: number, y: number): void;
  /** assembly/layers/l2-normalize.ts */
  normalizeRows(R: number, C: number, x: number, xStride: number, y: number, yStride: number, inverses: number): void;
  /** assembly/layers/l2-normalize.ts */
  normalizeRowsBackward(R: number, C: number, y: number, yStride: number, inverses: number, d: number, dStride: number): void;
  /** assembly/layers/l2-normalize.ts */
  normalizeSteps(B: number, T: number, C: number, x: number, xStride: number, y: number, yStride: number, inverses: number): void;
  /** assembly/layers/l2-normalize.ts */
  normalizeStepsBackward(B: number, T: number, C: number, y: number, yStride: number, inverses: number, d: number, dStride: number): void;
  /** assembly/losses/mean-squared-error.ts */
  meanSquaredError(R: number, N: number, y: number, yStride: number, t: number, tStride: number, dY: number, dYStride: number, weights: number): number;
  /** assembly/losses/probability-cross-entropy.ts */
  categoricalCrossEntropy(R: number, N: number, y: number, yStride: number, t: number, tStride: number, dY: number, dYStride: number, weights: number): number;
  /** assembly/losses/probability-cross-entropy.ts */
  sparseCrossEntropy(R: number, N: number, y: number, yStride: number, t: number, tStride: number, dY: number, dYStride: number, weights: number): number;
  /** assembly/losses/softmax-cross-entropy.ts */
  softmaxCrossEntropy(R: number, N: number, z: number, zStride: number, t: number, tStride: number, p: number, pStride: number, dZ: number, dZStride: number, weights: number): number;
  /** assembly/optimizers/adam.ts */
  adam(runs: number, n: number, stride: number, w: number, g: number, m: number, v: number, alpha: number, share1: number, share2: number, epsilon: number, gradientScale: number, team: number, rank: number): void;
  /** assembly/optimizers/sgd.ts */
  sgd(runs: number, n: number, stride: number, w: number, g: number, velocity: number, learningRate: number, momentum: number, nesterov: number, gradientScale: number, team: number, rank: number): void;
  /** assembly/math/arrays.ts */
  clampValues(n: number, a: number, limit: number): void;
  /** assembly/math/arrays.ts */
  fill(n: number, ptr: number, value: number): void;
  /** assembly/math/arrays.ts */
  largestMagnitude(n: number, a: number): number;
  /** assembly/math/arrays.ts */
  scaleValues(n: number, a: number, factor: number): void;
  /** assembly/math/arrays.ts */
  sumOfSquares(runs: number, n: number, stride: number, g: number): number;
  /** assembly/constraints/norms.ts */
  constrainNorms(n: number, m: number, step: number, elementStep: number, w: number, least: number, most: number, rate: number, scratch: number): void;
  /** assembly/constraints/norms.ts */
  constrainNormsFloats(n: number): number;
  /** assembly/constraints/norms.ts */
  dropNegatives(runs: number, n: number, stride: number, w: number): void;
  /** assembly/regularizers/activity.ts */
  activityPenalty(rows: number, n: number, x: number, stride: number, B: number, lengths: number, first: number, l1: number, l2: number): number;
  /** assembly/regularizers/activity.ts */
  addActivityGradient(rows: number, n: number, x: number, stride: number, B: number, lengths: number, first: number, l1: number, l2: number, g: number, gStride: number): void;
  /** assembly/regularizers/penalties.ts */
  addPenaltyGradient(runs: number, n: number, stride: number, w: number, g: number, l1: number, l2: number): void;
  /** assembly/regularizers/penalties.ts */
  sumOfMagnitudes(runs: number, n: number, stride: number, w: number): number;
  /** assembly/regularizers/orthogonal-penalty.ts */
  addOrthogonalGradient(n: number, m: number, step: number, elementStep: number, g: number, factor: number, scratch: number): void;
  /** assembly/regularizers/orthogonal-penalty.ts */
  orthogonalPenalty(n: number, m: number, step: number, elementStep: number, w: number, factor: number, wanted: number, scratch: number): number;
  /** assembly/regularizers/orthogonal-penalty.ts */
  orthogonalPenaltyFloats(n: number, m: number): number;
  /** assembly/recurrent/masks.ts */
  clearMasked(B: number, T: number, C: number, first: number, x: number, xStride: number, lengths: number, y: number, yStride: number): void;
  /** assembly/recurrent/masks.ts */
  countSteps(B: number, T: number, first: number, lengths: number): number;
  /** assembly/recurrent/masks.ts */
  joinMask(B: number, T: number, at: number, whole: number, lengths: number, to: number): void;
  /** assembly/recurrent/masks.ts */
  maskFloats(B: number, whole: number): number;
  /** assembly/recurrent/masks.ts */
  maskValues(B: number, T: number, F: number, first: number, whole: number, x: number, xStride: number, value: number, to: number): void;
  /** assembly/recurrent/masks.ts */
  maskWeights(B: number, T: number, first: number, lengths: number, given: number, factor: number, weights: number): void;
  /** assembly/recurrent/masks.ts */
  maskZeros(B: number, T: number, first: number, whole: number, ids: number, to: number): void;
  /** assembly/recurrent/masks.ts */
  uniteMasks(B: number, T: number, first: number, whole: number, a: number, b: number, to: number): void;
  /** assembly/recurrent/reversed.ts */
  mergeRows(kind: number, R: number, C: number, a: number, aStride: number, b: number, bStride: number, y: number, yStride: number): void;
  /** assembly/recurrent/reversed.ts */
  reverseMask(B: number, T: number, lengths: number, to: number): void;
  /** assembly/recurrent/reversed.ts */
  reverseSteps(B: number, T: number, C: number, x: number, xStride: number, y: number, yStride: number): void;
  /** assembly/math/batch-product.ts */
  batchProduct(B: number, H: number, M: number, K: number, N: number, a: number, aStride: number, aHead: number, aTurned: boolean, b: number, bStride: number, bHead: number, bTurned: boolean, c: number, cStride: number, cHead: number, scratch: number): void;
  /** assembly/math/batch-product.ts */
  batchProductFloats(M: number, K: number, N: number): number;
  /** assembly/math/chosen-rows.ts */
  clearRows(V: number, C: number, table: number, record: number): void;
  /** assembly/math/chosen-rows.ts */
  gatherRows(n: number, C: number, from: number, record: number, table: number, to: number): void;
  /** assembly/math/chosen-rows.ts */
  scatterRows(n: number, C: number, from: number, record: number, rows: number, table: number): void;
  /** assembly/math/chosen-rows.ts */
  touchAllRows(V: number, record: number): void;
  /** assembly/math/strip-layout.ts */
  packGroups(R0: number, R1: number, C0: number, C1: number, matrix: number, strips: number): void;
  /** assembly/math/strip-layout.ts */
  unpackGroups(R0: number, R1: number, C0: number, C1: number, strips: number, matrix: number): void;
  /** assembly/math/random.ts */
  philox(seedLo: number, seedHi: number, c0: number, c1: number, c2: number, c3: number, out: number): void;
  /** assembly/math/random.ts */
  randomNormal(n: number, ptr: number, mean: number, std: number, seedLo: number, seedHi: number, counterLo: number, counterHi: number): void;
  /** assembly/math/random.ts */
  randomUniform(n: number, ptr: number, low: number, high: number, seedLo: number, seedHi: number, counterLo: number, counterHi: number): void;
  /** assembly/initializers/glorot-uniform.ts */
  glorotUniform(n: number, ptr: number, fanIn: number, fanOut: number, seedLo: number, seedHi: number, counterLo: number, counterHi: number): void;
  /** assembly/initializers/truncated-normal.ts */
  truncatedNormal(n: number, ptr: number, mean: number, std: number, seedLo: number, seedHi: number, counterLo: number, counterHi: number): void;
  /** assembly/initializers/orthogonal.ts */
  orthogonal(rows: number, cols: number, ptr: number, gain: number, scratch: number, seedLo: number, seedHi: number, counterLo: number, counterHi: number): void;
  /** assembly/initializers/orthogonal.ts */
  orthogonalScratchFloats(rows: number, cols: number): number;
  /** assembly/math/scalar.ts */
  mathCos(x: number): number;
  /** assembly/math/scalar.ts */
  mathExp(x: number): number;
  /** assembly/math/scalar.ts */
  mathLog(x: number): number;
  /** assembly/math/scalar.ts */
  mathPow(x: number, y: number): number;
  /** assembly/math/scalar.ts */
  mathSin(x: number): number;
  /** assembly/math/scalar.ts */
  mathTanh(x: number): number;
}
