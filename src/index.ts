// The public interface, for Node and browsers alike. A plain list: each part keeps its names.

export type { Callback, CallbackModel, Logs } from './callbacks/callback.js';
export type {
  EarlyStopping,
  EarlyStoppingOptions,
  EarlyStoppingState,
} from './callbacks/early-stopping.js';
export * as callbacks from './callbacks/index.js';
export type { Features } from './engine/features.js';
export { features } from './engine/features.js';
export type { Build, Numerics } from './engine/module.js';
export type { SluiceErrorCode } from './errors.js';
export { SluiceError } from './errors.js';
export type { LoadedWeights, LoadWeightsOptions } from './formats/load-weights.js';
export { loadWeights } from './formats/load-weights.js';
export type { LoadedModel, LoadOptions, ModelFile, SaveOptions } from './formats/model-file.js';
export { fromBytes, readModelFile, toBytes } from './formats/model-file.js';
export { loadState, saveState } from './formats/model-state.js';
export type { TrainingRecord } from './formats/training-record.js';
export type { Activation } from './layers/activation.js';
export type { ActivationOptions } from './layers/activation-layer.js';
export type { AdditiveAttentionOptions } from './layers/additive-attention.js';
export type { AttentionOptions } from './layers/attention.js';
export type { AttentionBaseOptions } from './layers/attention-node.js';
export type { BatchNormalizationOptions } from './layers/batch-normalization.js';
export type { BidirectionalOptions, MergeMode } from './layers/bidirectional.js';
export type { CellActivation } from './layers/cell-kind.js';
export type { ConcatenateOptions } from './layers/concatenate.js';
export type { Constraint, ConstraintConfig, ConstraintName } from './layers/constraint.js';
export type { MaxNormOptions, MinMaxNormOptions, UnitNormOptions } from './layers/constraints.js';
export * as constraints from './layers/constraints.js';
export type { Conv1DOptions } from './layers/conv-1d.js';
export type { CrfOptions } from './layers/crf.js';
export type { DenseOptions } from './layers/dense.js';
export type { DotOptions } from './layers/dot.js';
export type { InputDropOptions, StateDropOptions } from './layers/drop-options.js';
export type { DropoutOptions } from './layers/dropout.js';
export type { EmbeddingOptions } from './layers/embedding.js';
export type { FlattenOptions } from './layers/flatten.js';
export type { GaussianDropoutOptions } from './layers/gaussian-dropout.js';
export type { GaussianNoiseOptions } from './layers/gaussian-noise.js';
export type { GlobalPooling1DOptions } from './layers/global-pooling.js';
export type { GruOptions } from './layers/gru.js';
export type { IndRnnOptions } from './layers/ind-rnn.js';
export * as layers from './layers/index.js';
export type {
  Initializer,
  InitializerConfig,
  InitializerName,
} from './layers/initializer.js';
export type {
  ConstantOptions,
  DrawnOptions,
  IdentityOptions,
  NormalOptions,
  OrthogonalOptions,
  UniformOptions,
  VarianceScalingOptions,
} from './layers/initializers.js';
export * as initializers from './layers/initializers.js';
export type { InputOptions } from './layers/input.js';
export { input } from './layers/input.js';
export type { JordanRnnOptions } from './layers/jordan-rnn.js';
export type {
  Applied,
  ApplyOptions,
  Layer,
  OutputAndStates,
  SymbolicTensor,
} from './layers/layer.js';
export type { LayerNormalizationOptions } from './layers/layer-normalization.js';
export type { LstmOptions } from './layers/lstm.js';
export type { LstmVariant } from './layers/lstm-variant.js';
export type { MaskingOptions } from './layers/masking.js';
export type { MergeOptions } from './layers/merge.js';
export type { MinRnnOptions } from './layers/min-rnn.js';
export type { MultiHeadAttentionOptions } from './layers/multi-head-attention.js';
export type { WeightSpec } from './layers/node.js';
export type { PermuteOptions } from './layers/permute.js';
export type { AveragePooling1DOptions, Pooling1DOptions } from './layers/pooling.js';
export type { DType, Shape } from './layers/port.js';
export type { RecurrentOptions } from './layers/recurrent.js';
export type { Regularizer, RegularizerConfig, RegularizerName } from './layers/regularizer.js';
export type {
  L1L2Options,
  L1Options,
  L2Options,
  OrthogonalRegularizerOptions,
} from './layers/regularizers.js';
export * as regularizers from './layers/regularizers.js';
export type { RepeatVectorOptions } from './layers/repeat-vector.js';
export type { ReshapeOptions } from './layers/reshape.js';
export type { SimpleRnnOptions } from './layers/simple-rnn.js';
export type { SlstmOptions } from './layers/slstm.js';
export type { SpatialDropout1DOptions } from './layers/spatial-dropout.js';
export type { TimeDistributedOptions } from './layers/time-distributed.js';
export type { ConvPadding, Padding } from './layers/windows.js';
export type { Arrays } from './model/arrays.js';
export type { Hypothesis } from './model/beam-search.js';
export type { ClassWeight } from './model/class-weight.js';
export type { CompileConfig } from './model/compile-config.js';
export type { CompileOptions, EachOutput } from './model/compile-options.js';
export type { FromConfigOptions } from './model/config.js';
export { modelFromConfig, sequentialFromConfig } from './model/config.js';
export type { BatchDataset, DatasetBatch } from './model/dataset-stream.js';
export type { Decoded } from './model/decode.js';
export type { BeamOptions, DecodeOptions, SamplingOptions } from './model/decode-options.js';
export type {
  EvaluateDatasetOptions,
  EvaluateOptions,
  FitDatasetOptions,
  FitOptions,
  PredictOptions,
} from './model/fit-options.js';
export type {
  ModelOptions,
  ModelOptionsOfSeveral,
  SymbolicTensors,
} from './model/functional.js';
export { model } from './model/functional.js';
export type { Figures, History } from './model/history.js';
export { FitAborted } from './model/history.js';
export type { LayerInfo } from './model/layer-list.js';
export type { LossConfig } from './model/losses/by-name.js';
export type { CrossentropyOptions } from './model/losses/crossentropy.js';
export * as losses from './model/losses/index.js';
export type { Loss, LossName } from './model/losses/loss.js';
export type { MetricName } from './model/metrics.js';
export { Model } from './model/model.js';
export type {
  FunctionalConfig,
  GraphLayerConfig,
  LayerConfig,
  ModelConfig,
  SequentialConfig,
  ValueConfig,
} from './model/model-config.js';
export type { Verbosity } from './model/progress.js';
export type { Samples } from './model/samples.js';
export { Sequential, sequential } from './model/sequential.js';
export type { SequentialOptions } from './model/sequential-options.js';
export type { ModelStream, StreamOptions } from './model/stream.js';
export type {
  NestedArray,
  NumericArray,
  Tensor,
  TensorLike,
  TypedNumbers,
} from './model/tensor.js';
export { tensor } from './model/tensor.js';
export type { TrainingCounters } from './model/training-state.js';
export type { Truncation } from './model/windows.js';
export type { AdamOptions } from './optimizers/adam.js';
export type { ClipOptions, Clipping } from './optimizers/clipping.js';
export type { OptimizerConfig } from './optimizers/from-config.js';
export * as optimizers from './optimizers/index.js';
export type { Optimizer, OptimizerOptions } from './optimizers/optimizer.js';
export type { SgdOptions } from './optimizers/sgd.js';
// Brings in the names that the types of a platform may lack.
export type {} from './platform.js';
export { Random } from './random.js';
export type { ArtifactStore } from './tune/artifacts/artifact-store.js';
export { memoryArtifactStore } from './tune/artifacts/artifact-store.js';
export type { Checkpoint } from './tune/checkpoint.js';
export type { CurveSummary } from './tune/curve.js';
export type {
  CategoricalDistribution,
  Distribution,
  FloatDistribution,
  IntDistribution,
  RangeOptions,
} from './tune/distributions.js';
export type { StudyEvent } from './tune/events.js';
export type {
  Completion,
  Executor,
  FailCode,
  Failure,
  Job,
  Outcome,
  Params,
  ParamValue,
  Pruning,
} from './tune/executor.js';
export type { Objective, ObjectiveTrial, Returned } from './tune/objective.js';
export { TrialPruned } from './tune/objective.js';
export type { OptimizeCallback, OptimizeOptions } from './tune/optimize-options.js';
export type { PoolOptions, WorkerLike, WorkerSource } from './tune/pool-options.js';
export type { MedianPrunerOptions } from './tune/pruners/median.js';
export { MedianPruner } from './tune/pruners/median.js';
export { NopPruner } from './tune/pruners/nop.js';
export type { PruneCandidate, Pruner } from './tune/pruners/pruner.js';
export type { RandomSamplerOptions } from './tune/samplers/random.js';
export { RandomSampler } from './tune/samplers/random.js';
export type { PendingTrial, Proposal, Sampler, SamplerView } from './tune/samplers/sampler.js';
export { memoryStorage } from './tune/storage/memory.js';
export type {
  ForeignTrial,
  Storage,
  StudyRecord,
  TrialEnd,
  TrialStart,
} from './tune/storage/storage.js';
export type { CreateStudy, Study } from './tune/study.js';
export type { StudyOptions } from './tune/study-options.js';
export type { StudyView } from './tune/study-view.js';
export type { ObjectiveParams, ParamsOf, Space, SuggestedParams } from './tune/suggest.js';
export type { Direction, FrozenTrial, Trial, TrialState } from './tune/trial.js';
export type { WorkerPool } from './workers/pool.js';
export { createPool } from './workers/pool.js';
export { createStudy } from './workers/study.js';
