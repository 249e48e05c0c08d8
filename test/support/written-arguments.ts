// Which arguments of a kernel point at what it writes, by its contract in assembly/. Whatever
// else stands in memory is not to change by a bit.

const lstmForward = ['xh', 'gates', 'c', 'scratch'];

/** Names of all arguments, and of those that are written. */
const contracts: Record<string, readonly [args: string, written: readonly string[]]> = {
  lstmZeroState: ['B I H xh c', ['xh', 'c']],
  lstmSetState: ['B I H h hStride c cStride xh cell', ['xh', 'cell']],
  lstmForward: ['B T I H x xStride xh w b gates c lengths first scratch', lstmForward],
  lstmForwardFromZero: ['B T I H x xStride xh w b gates c lengths scratch', lstmForward],
  lstmInfer: [
    'B T I H x xStride xh w b c h sequences lengths first scratch',
    ['xh', 'c', 'h', 'scratch'],
  ],
  lstmBackward: [
    'B T I H xh w gates c dOut dOutStride dOutLast dhLast dcLast dX dXStride dW db dhFirst dcFirst lengths first scratch',
    ['dX', 'dW', 'db', 'dhFirst', 'dcFirst', 'scratch'],
  ],
  lstmStep: [
    'B I H p0 p1 xh w b saved savedStep c cNext h hStride scratch',
    ['saved', 'cNext', 'h', 'scratch'],
  ],
  lstmStepBackward: [
    'B part hp p0 p1 saved c dc out outStride outStep dh d panelStep sums',
    ['dc', 'd', 'sums'],
  ],
  lstmGradientProduct: ['rows panels d panelStep w n0 n1 out outStride outStep', ['out']],
  lstmWeightGradients: ['rows k p0 p1 packed d panelStep dW first', ['dW']],
  batchProduct: [
    'B H M K N a aStride aHead aTurned b bStride bHead bTurned c cStride cHead scratch',
    ['c', 'scratch'],
  ],
  packGroups: ['R0 R1 C0 C1 matrix strips', ['strips']],
  unpackGroups: ['R0 R1 C0 C1 strips matrix', ['matrix']],
  attentionSoftmax: [
    'B H Tq Tv first causal factor scale queries values keys mode p pStride',
    ['p'],
  ],
  attentionSoftmaxBackward: ['R N p pStride dP dStride', ['dP']],
  attentionHide: ['B H Tq Tv causal queries values keys d dStride', ['d']],
  sumOfProducts: ['R C a aStride b bStride', []],
  scaleRows: ['R C x xStride factor scale', ['x']],
  tanhScores: ['B Tq Tv D q qStride k kStride inner weights outer s sStride', ['s']],
  tanhScoresBackward: [
    'B Tq Tv D q qStride k kStride inner weights outer dS dSStride dQ dQStride dK dKStride dInner dWeights dOuter scratch',
    ['dQ', 'dK', 'dInner', 'dWeights', 'dOuter', 'scratch'],
  ],
  normalizeRows: ['R C x xStride y yStride inverses', ['y', 'inverses']],
  normalizeRowsBackward: ['R C y yStride inverses d dStride', ['d']],
  normalizeSteps: ['B T C x xStride y yStride inverses', ['y', 'inverses']],
  normalizeStepsBackward: ['B T C y yStride inverses d dStride', ['d']],
  globalAverageForward: [
    'B T C x xStride lengths from sum rest count y',
    ['sum', 'rest', 'count', 'y'],
  ],
  globalAverageBackward: ['B T C lengths count dY dYStride dX dXStride', ['dX']],
  globalMaxForward: ['B T C x xStride from y', ['y']],
  globalMaxBackward: ['B T C x xStride y dY dYStride dX dXStride', ['dX']],
  maxPoolForward: ['B T O C P S left x xStride y', ['y']],
  maxPoolBackward: ['B T O C P S left x xStride y dY dYStride dX dXStride', ['dX']],
  averagePoolForward: ['B T O C P S left x xStride y', ['y']],
  averagePoolBackward: ['B T O C P S left dY dYStride dX dXStride', ['dX']],
  convForward: [
    'B T O C K S d left N G x xStride w b activation y yStride scratch',
    ['y', 'scratch'],
  ],
  convBackward: [
    'B T O C K S d left N G x xStride w y yStride dY dYStride activation dX dXStride dW db scratch',
    ['dY', 'dX', 'dW', 'db', 'scratch'],
  ],
  convPack: ['K C N G kernel bias w b', ['w', 'b']],
  convUnpack: ['K C N G w b kernel bias', ['kernel', 'bias']],
  batchNormMoments: [
    'B T C x xStride lengths mean variance scratch',
    ['mean', 'variance', 'scratch'],
  ],
  batchNormForward: [
    'R C x xStride mean variance gamma beta epsilon inverse y yStride',
    ['inverse', 'y'],
  ],
  batchNormBackward: [
    'B T C x xStride lengths count mean inverse gamma dY dYStride dX dXStride dGamma dBeta scratch',
    ['dX', 'dGamma', 'dBeta', 'scratch'],
  ],
  moveAverage: ['n momentum now moving', ['moving']],
  layerNormForward: ['R C x xStride gamma beta epsilon y yStride saved', ['y', 'saved']],
  layerNormBackward: [
    'R C x xStride gamma saved dY dYStride dX dXStride dGamma dBeta scratch',
    ['dX', 'dGamma', 'dBeta', 'scratch'],
  ],
  gruZeroState: ['B I H xh', ['xh']],
  gruSetState: ['B I H h hStride xh', ['xh']],
  gruForward: [
    'B T I H kind x xStride xh w b saved rh lengths first scratch',
    ['xh', 'saved', 'rh', 'scratch'],
  ],
  gruForwardFromZero: [
    'B T I H kind x xStride xh w b saved rh lengths scratch',
    ['xh', 'saved', 'rh', 'scratch'],
  ],
  gruForwardDropped: [
    'B T I H kind x xStride xh w b saved rh lengths first masks masked keepH scratch',
    ['xh', 'saved', 'rh', 'masked', 'scratch'],
  ],
  gruBackwardDropped: [
    'B T I H kind xh w saved rh dOut dOutStride dOutLast dhLast dX dXStride dW db dhFirst lengths first masks masked keepH aside scratch',
    ['dX', 'dW', 'db', 'dhFirst', 'aside', 'scratch'],
  ],
  gruInferZoned: [
    'B T I H kind x xStride xh w b h sequences lengths first rateH scratch',
    ['xh', 'h', 'scratch'],
  ],
  gruInfer: [
    'B T I H kind x xStride xh w b h sequences lengths first scratch',
    ['xh', 'h', 'scratch'],
  ],
  gruBackward: [
    'B T I H kind xh w saved rh dOut dOutStride dOutLast dhLast dX dXStride dW db dhFirst lengths first scratch',
    ['dX', 'dW', 'db', 'dhFirst', 'scratch'],
  ],
  gruStepGates: ['B I H g0 g1 xh w b saved rh h hStride scratch', ['saved', 'rh', 'h', 'scratch']],
  gruStepCandidates: ['B I H g0 g1 xh w saved rh h hStride scratch', ['saved', 'h', 'scratch']],
  gruStepBackward: [
    'B groups p0 p1 kind saved h hStride out outStride outStep dh d tileStep',
    ['dh', 'd'],
  ],
  gruStepResetBackward: ['B groups p0 p1 saved h hStride dRh dh d tileStep', ['dh', 'd']],
  gruGradientProduct: ['rows tiles d tileStep w groups n0 n1 out outStride outStep add', ['out']],
  gruWeightGradients: ['rows ip hp groups g0 g1 packed packedReset d tileStep dW first', ['dW']],
  gruBiasGradients: ['rows groups g0 g1 resetAfter d tileStep sums db first', ['sums', 'db']],
  gruPack: ['I H kind kernel recurrent bias w b', ['w', 'b']],
  gruUnpack: ['I H kind w b kernel recurrent bias', ['kernel', 'recurrent', 'bias']],
  cellZeroState: ['kind B I H xh c', ['xh', 'c']],
  cellSetState: ['kind B I H h hStride c cStride xh cell', ['xh', 'cell']],
  cellForward: [
    'kind B T I H x xStride xh w b saved c lengths first scratch',
    ['xh', 'saved', 'c', 'scratch'],
  ],
  cellForwardFromZero: [
    'kind B T I H x xStride xh w b saved c lengths scratch',
    ['xh', 'saved', 'c', 'scratch'],
  ],
  cellForwardDropped: [
    'kind B T I H x xStride xh w b saved c lengths first masks masked keepH keepC scratch',
    ['xh', 'saved', 'c', 'masked', 'scratch'],
  ],
  cellInferZoned: [
    'kind B T I H x xStride xh w b c h sequences lengths first rateH rateC scratch',
    ['xh', 'c', 'h', 'scratch'],
  ],
  cellBackwardDropped: [
    'kind B T I H xh w b saved c dOut dOutStride dOutLast dhLast dcLast dX dXStride dW db dhFirst dcFirst lengths first masks masked keepH keepC aside scratch',
    ['dX', 'dW', 'db', 'dhFirst', 'dcFirst', 'aside', 'scratch'],
  ],
  cellInfer: [
    'kind B T I H x xStride xh w b c h sequences lengths first scratch',
    ['xh', 'c', 'h', 'scratch'],
  ],
  cellBackward: [
    'kind B T I H xh w b saved c dOut dOutStride dOutLast dhLast dcLast dX dXStride dW db dhFirst dcFirst lengths first scratch',
    ['dX', 'dW', 'db', 'dhFirst', 'dcFirst', 'scratch'],
  ],
  cellPack: ['kind I H kernel recurrent bias extra w b', ['w', 'b']],
  cellPackGates: ['I H gateKernel w', ['w']],
  cellPackVectors: ['kind H first count rows b', ['b']],
  cellUnpackVectors: ['kind H first count b rows', ['rows']],
  cellPackProjection: ['kind I H projection bias w b', ['w', 'b']],
  cellUnpackProjection: ['kind I H w b projection bias', ['projection', 'bias']],
  cellUnpackGates: ['I H w gateKernel', ['gateKernel']],
  cellUnpack: [
    'kind I H w b kernel recurrent bias extra',
    ['kernel', 'recurrent', 'bias', 'extra'],
  ],
  lstmPack: ['I H kernel recurrent bias w b', ['w', 'b']],
  lstmUnpack: ['I H w b kernel recurrent bias', ['kernel', 'recurrent', 'bias']],
  denseForward: ['R K N x xStride w b activation y yStride', ['y']],
  denseBackward: [
    'R K N x xStride w y yStride dY dYStride activation dX dXStride dW db scratch',
    ['dY', 'dX', 'dW', 'db', 'scratch'],
  ],
  densePack: ['K N kernel bias w b', ['w', 'b']],
  denseUnpack: ['K N w b kernel bias', ['kernel', 'bias']],
  activate: ['activation R N y yStride', ['y']],
  activationGradient: ['activation R N y yStride dY dYStride', ['dY']],
  repeatRows: ['B T C x xStride y yStride', ['y']],
  sumRows: ['B T C x xStride y yStride', ['y']],
  reshapeRows: ['B total F x xStride G y yStride', ['y']],
  swapAxes: ['B T F x xStride y yStride', ['y']],
  copyColumns: ['R C zeros x xStride y yStride', ['y']],
  addRows: ['R C x xStride y yStride', ['y']],
  reverseSteps: ['B T C x xStride y yStride', ['y']],
  reverseMask: ['B T lengths to', ['to']],
  mergeRows: ['kind R C a aStride b bStride y yStride', ['y']],
  joinMask: ['B T at whole lengths to', ['to']],
  uniteMasks: ['B T first whole a b to', ['to']],
  divideRows: ['R C by x xStride y yStride', ['y']],
  multiplyCounted: ['B T C first x xStride lengths y yStride', ['y']],
  extremeRows: ['least B T C first x xStride lengths covered y yStride', ['y']],
  extremeGradient: [
    'B T C first x xStride lengths all y yStride dY dYStride dX dXStride',
    ['dY', 'dX'],
  ],
  repeatColumns: ['R C x xStride y yStride', ['y']],
  sumColumns: ['R C x xStride y yStride', ['y']],
  maskZeros: ['B T first whole ids to', ['to']],
  maskValues: ['B T F first whole x xStride value to', ['to']],
  clearMasked: ['B T C first x xStride lengths y yStride', ['y']],
  countSteps: ['B T first lengths', []],
  maskWeights: ['B T first lengths given factor weights', ['weights']],
  embeddingForward: ['R D ids table y yStride', ['y']],
  embeddingBackward: ['R D V ids dY dYStride dTable record', ['dTable', 'record']],
  clearRows: ['V C table record', ['table', 'record']],
  gatherRows: ['n C from record table to', ['to']],
  touchAllRows: ['V record', ['record']],
  scatterRows: ['n C from record rows table', ['table']],
  dropout: ['R C x xStride y yStride rate seedLo seedHi counterLo counterHi', ['y']],
  applyNoise: ['multiply R C x xStride noise noiseStride y yStride', ['y']],
  maskSteps: ['B T C x xStride mask maskStride y yStride', ['y']],
  meanSquaredError: ['R N y yStride t tStride dY dYStride weights', ['dY']],
  softmaxCrossEntropy: ['R N z zStride t tStride p pStride dZ dZStride weights', ['p', 'dZ']],
  categoricalCrossEntropy: ['R N y yStride t tStride dY dYStride weights', ['dY']],
  sparseCrossEntropy: ['R N y yStride t tStride dY dYStride weights', ['dY']],
  crfForward: ['B T K x xStride w lengths t tStride weights alpha scratch', ['alpha', 'scratch']],
  crfStep: ['K Kp a w e to', ['to']],
  crfBackward: [
    'B T K x xStride w lengths t tStride weights alpha dX dXStride dW scratch',
    ['dX', 'dW', 'scratch'],
  ],
  crfMarginals: ['B T K x xStride w lengths alpha y yStride scratch', ['y', 'scratch']],
  crfDecode: ['B T K x xStride w lengths y yStride scratch', ['y', 'scratch']],
  crfBest: ['K Kp a w e to from', ['to', 'from']],
  adam: ['runs n stride w g m v', ['w', 'm', 'v']],
  sgd: ['runs n stride w g velocity', ['w', 'velocity']],
  constrainNorms: ['n m step elementStep w least most rate scratch', ['w', 'scratch']],
  dropNegatives: ['runs n stride w', ['w']],
  sumOfMagnitudes: ['runs n stride w', []],
  activityPenalty: ['rows n x stride B lengths first l1 l2', []],
  addActivityGradient: ['rows n x stride B lengths first l1 l2 g gStride', ['g']],
  addPenaltyGradient: ['runs n stride w g l1 l2', ['g']],
  orthogonalPenalty: ['n m step elementStep w factor wanted scratch', ['scratch']],
  addOrthogonalGradient: ['n m step elementStep g factor scratch', ['g']],
  sumOfSquares: ['runs n stride g', []],
  largestMagnitude: ['n a', []],
  clampValues: ['n a limit', ['a']],
  scaleValues: ['n a factor', ['a']],
  fill: ['n pointer value', ['pointer']],
  philox: ['seedLo seedHi c0 c1 c2 c3 out', ['out']],
  randomUniform: ['n pointer', ['pointer']],
  randomNormal: ['n pointer', ['pointer']],
  truncatedNormal: ['n pointer', ['pointer']],
  glorotUniform: ['n pointer', ['pointer']],
  orthogonal: ['rows columns pointer gain scratch', ['pointer', 'scratch']],
};

/** Exports that take no address, and those that the loader adds. */
const pure = /^(__.*|setWide|math[A-Z]\w*|ceilingMadd|\w+Floats)$/;

/**
 * Positions of the arguments through which a kernel writes; undefined for one that takes no
 * address at all. Throws for a kernel without a contract here: a new one must state its own.
 */
export function writtenArguments(name: string): readonly number[] | undefined {
  if (pure.test(name)) return undefined;
  const contract = contracts[name];
  if (!contract) throw new Error(`test/support/written-arguments.ts does not know ${name}`);
  const args = contract[0].split(' ');
  return contract[1].map((argument) => args.indexOf(argument));
}
