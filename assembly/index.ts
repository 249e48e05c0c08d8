export {
  LANES,
  ALIGNMENT,
  ACT_LINEAR,
  ACT_TANH,
  ACT_SIGMOID,
  ACT_RELU,
  ACT_SOFTMAX,
  ACT_HARD_SIGMOID,
} from "./layout";
export {
  lstmBiasFloats,
  lstmCellFloats,
  lstmGatesFloats,
  lstmScratchFloats,
  lstmWeightFloats,
  lstmXhFloats,
} from "./cells/lstm-layout";
export { lstmPack, lstmUnpack } from "./cells/lstm-pack";
export { lstmForward, lstmForwardFromZero, lstmSetState, lstmZeroState } from "./cells/lstm-forward";
export { lstmInfer, lstmInferScratchFloats } from "./cells/lstm-infer";
export { lstmBackward } from "./cells/lstm-backward";
export { lstmStep } from "./cells/lstm-step";
export {
  lstmGradientProduct,
  lstmStepBackward,
  lstmWeightGradients,
} from "./cells/lstm-step-backward";
export {
  gruBackwardScratchFloats,
  gruBiasFloats,
  gruDropFloats,
  gruForwardScratchFloats,
  gruInferScratchFloats,
  gruResetFloats,
  gruSavedFloats,
  gruWeightFloats,
  gruXhFloats,
} from "./cells/gru-layout";
export { gruPack, gruUnpack } from "./cells/gru-pack";
export { gruForward, gruForwardDropped,
  gruForwardFromZero, gruSetState, gruZeroState } from "./cells/gru-forward";
export { gruInfer, gruInferZoned } from "./cells/gru-infer";
export { gruBackward, gruBackwardDropped } from "./cells/gru-backward";
export { gruStepCandidates, gruStepGates } from "./cells/gru-step";
export {
  gruBiasGradients,
  gruGradientProduct,
  gruStepBackward,
  gruStepResetBackward,
  gruWeightGradients,
} from "./cells/gru-step-backward";
export {
  cellBackwardScratchFloats,
  cellBankFloats,
  cellBiasFloats,
  cellDropFloats,
  cellForwardScratchFloats,
  cellSavedFloats,
  cellStateFloats,
  cellWeightFloats,
  cellXhFloats,
} from "./cells/cell-layout";
export { cellPackGates, cellUnpackGates } from "./cells/cell-gates";
export { cellPack, cellPackVectors, cellUnpack, cellUnpackVectors } from "./cells/cell-pack";
export { cellPackProjection, cellUnpackProjection } from "./cells/cell-projection";
export {
  cellForward,
  cellForwardDropped,
  cellForwardFromZero,
  cellInfer,
  cellInferZoned,
  cellSetState,
  cellZeroState,
} from "./cells/cell-forward";
export { cellBackward, cellBackwardDropped } from "./cells/cell-backward";
export { setWide } from "./wide";
export { TEAM_BYTES } from "./team";
export { ceilingMadd } from "./math/ceiling";
export {
  denseBackward,
  denseForward,
  densePack,
  denseScratchFloats,
  denseUnpack,
} from "./layers/dense";
export { activate, activationGradient } from "./layers/dense-activation";
export { addRows, copyColumns } from "./layers/columns";
export {
  divideRows,
  extremeGradient,
  extremeRows,
  multiplyCounted,
  repeatColumns,
  sumColumns,
} from "./layers/merge";
export { repeatRows, sumRows } from "./layers/repeat";
export { reshapeRows, swapAxes } from "./layers/rearrange";
export {
  MASK_CLEAR,
  MASK_LOWER,
  MASK_REPLACE,
  attentionHide,
  attentionSoftmax,
  attentionSoftmaxBackward,
  scaleRows,
  sumOfProducts,
} from "./layers/attention-softmax";
export { tanhScores, tanhScoresBackward, tanhScoresFloats } from "./layers/attention-tanh";
export { crfBackward, crfMarginals } from "./layers/crf-backward";
export { crfBest, crfDecode } from "./layers/crf-decode";
export { crfForward, crfStep } from "./layers/crf-forward";
export { crfBackwardScratchFloats, crfDecodeScratchFloats, crfWeightFloats } from "./layers/crf-layout";
export { dropout } from "./layers/dropout";
export { embeddingBackward, embeddingForward } from "./layers/embedding";
export {
  globalAverageBackward,
  globalAverageForward,
  globalMaxBackward,
  globalMaxForward,
} from "./layers/global-pooling";
export { applyNoise, maskSteps } from "./layers/noise";
export { convBiasFloats, convPack, convUnpack, convWeightFloats } from "./layers/conv-layout";
export {
  convBackward,
  convBackwardScratchFloats,
  convForward,
  convScratchFloats,
} from "./layers/convolution";
export {
  batchNormBackward,
  batchNormForward,
  batchNormMoments,
  batchNormScratchFloats,
  moveAverage,
} from "./layers/batch-normalization";
export {
  layerNormBackward,
  layerNormForward,
  layerNormScratchFloats,
} from "./layers/layer-normalization";
export {
  averagePoolBackward,
  averagePoolForward,
  maxPoolBackward,
  maxPoolForward,
} from "./layers/pooling";
export {
  normalizeRows,
  normalizeRowsBackward,
  normalizeSteps,
  normalizeStepsBackward,
} from "./layers/l2-normalize";
export { meanSquaredError } from "./losses/mean-squared-error";
export { categoricalCrossEntropy, sparseCrossEntropy } from "./losses/probability-cross-entropy";
export { softmaxCrossEntropy } from "./losses/softmax-cross-entropy";
export { adam } from "./optimizers/adam";
export { sgd } from "./optimizers/sgd";
export { clampValues, fill, largestMagnitude, scaleValues, sumOfSquares } from "./math/arrays";
export { constrainNorms, constrainNormsFloats, dropNegatives } from "./constraints/norms";
export { activityPenalty, addActivityGradient } from "./regularizers/activity";
export { addPenaltyGradient, sumOfMagnitudes } from "./regularizers/penalties";
export {
  addOrthogonalGradient,
  orthogonalPenalty,
  orthogonalPenaltyFloats,
} from "./regularizers/orthogonal-penalty";
export {
  clearMasked,
  countSteps,
  joinMask,
  maskFloats,
  maskValues,
  maskWeights,
  maskZeros,
  uniteMasks,
} from "./recurrent/masks";
export { mergeRows, reverseMask, reverseSteps } from "./recurrent/reversed";
export { batchProduct, batchProductFloats } from "./math/batch-product";
export { clearRows, gatherRows, scatterRows, touchAllRows } from "./math/chosen-rows";
export { packGroups, unpackGroups } from "./math/strip-layout";
export { clearRows, gatherRows, scatterRows } from "./math/chosen-rows";
export { philox, randomNormal, randomUniform } from "./math/random";
export { glorotUniform } from "./initializers/glorot-uniform";
export { truncatedNormal } from "./initializers/truncated-normal";
export { orthogonal, orthogonalScratchFloats } from "./initializers/orthogonal";
export { mathCos, mathExp, mathLog, mathPow, mathSin, mathTanh } from "./math/scalar";
