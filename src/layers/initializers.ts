// The `initializers` namespace of the public interface: initializers with parameters, as plain data.
import { type InitializerConfig, initializerOf, nameOf } from './initializer.js';

/** Of an initializer that draws. */
export interface DrawnOptions {
  /**
   * An integer from 0 up: the draws are those of this seed, the same wherever the initializer stands. Default: the seed
   * of the model, and a stream of its own for each weight.
   */
  seed?: number | undefined;
}

/** Options of initializers.randomNormal and initializers.truncatedNormal. */
export interface NormalOptions extends DrawnOptions {
  /** Default 0. */
  mean?: number | undefined;
  /** From 0 up; of truncatedNormal before it is cut off. Default 0.05. */
  stddev?: number | undefined;
}

/** Options of initializers.randomUniform. */
export interface UniformOptions extends DrawnOptions {
  /** Default -0.05. */
  minval?: number | undefined;
  /** Not included. Default 0.05. */
  maxval?: number | undefined;
}

/** Options of initializers.varianceScaling. */
export interface VarianceScalingOptions extends DrawnOptions {
  /** Above 0. Default 1. */
  scale?: number | undefined;
  /** What the variance is divided by: rows, columns, or the mean of both. Default 'fanIn'. */
  mode?: 'fanIn' | 'fanOut' | 'fanAvg' | undefined;
  /** 'normal' is truncatedNormal, as in Keras. Default 'truncatedNormal'. */
  distribution?: 'truncatedNormal' | 'normal' | 'untruncatedNormal' | 'uniform' | undefined;
}

/** Options of initializers.constant. */
export interface ConstantOptions {
  /** Default 0. */
  value?: number | undefined;
}

/** Options of initializers.identity. */
export interface IdentityOptions {
  /** What stands on the diagonal. Default 1. */
  gain?: number | undefined;
}

/** Options of initializers.orthogonal. */
export interface OrthogonalOptions extends DrawnOptions {
  /** What the orthonormal matrix is multiplied by. Default 1. */
  gain?: number | undefined;
}

const make = (className: string, options: object): InitializerConfig =>
  initializerOf(className, options, `initializers.${nameOf(className)}`);

/** All 0. */
export const zeros = (): InitializerConfig => make('Zeros', {});
/** All 1. */
export const ones = (): InitializerConfig => make('Ones', {});
/** All `value`. @throws SluiceError 'bad-option' for options that do not hold. */
export const constant = (options: ConstantOptions = {}): InitializerConfig =>
  make('Constant', options);
/** Normal. @throws SluiceError 'bad-option' for options that do not hold. */
export const randomNormal = (options: NormalOptions = {}): InitializerConfig =>
  make('RandomNormal', options);
/** Uniform in [minval, maxval). @throws SluiceError 'bad-option' for options that do not hold. */
export const randomUniform = (options: UniformOptions = {}): InitializerConfig =>
  make('RandomUniform', options);
/** Normal within two standard deviations of the mean. @throws SluiceError 'bad-option' for options that do not hold. */
export const truncatedNormal = (options: NormalOptions = {}): InitializerConfig =>
  make('TruncatedNormal', options);
/**
 * Mean 0 and variance scale / fan: normal, cut off at two standard deviations (after which the variance is that) or not,
 * or uniform in +-sqrt(3 scale / fan). @throws SluiceError 'bad-option' for options that do not hold.
 */
export const varianceScaling = (options: VarianceScalingOptions = {}): InitializerConfig =>
  make('VarianceScaling', options);
/** Variance 2 / (fanIn + fanOut), truncated normal (Glorot and Bengio 2010). @throws SluiceError 'bad-option'. */
export const glorotNormal = (options: DrawnOptions = {}): InitializerConfig =>
  make('GlorotNormal', options);
/** Uniform in +-sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). @throws SluiceError 'bad-option'. */
export const glorotUniform = (options: DrawnOptions = {}): InitializerConfig =>
  make('GlorotUniform', options);
/** Variance 2 / fanIn, truncated normal (He et al. 2015). @throws SluiceError 'bad-option'. */
export const heNormal = (options: DrawnOptions = {}): InitializerConfig =>
  make('HeNormal', options);
/** Uniform in +-sqrt(6 / fanIn) (He et al. 2015). @throws SluiceError 'bad-option'. */
export const heUniform = (options: DrawnOptions = {}): InitializerConfig =>
  make('HeUniform', options);
/** Variance 1 / fanIn, truncated normal (Klambauer et al. 2017). @throws SluiceError 'bad-option'. */
export const lecunNormal = (options: DrawnOptions = {}): InitializerConfig =>
  make('LecunNormal', options);
/** Uniform in +-sqrt(3 / fanIn) (LeCun et al. 1998). @throws SluiceError 'bad-option'. */
export const lecunUniform = (options: DrawnOptions = {}): InitializerConfig =>
  make('LecunUniform', options);
/** Orthonormal rows, or columns where there are fewer, times gain (Saxe et al. 2013). @throws SluiceError 'bad-option'. */
export const orthogonal = (options: OrthogonalOptions = {}): InitializerConfig =>
  make('Orthogonal', options);
/** gain on the diagonal, else 0; of any matrix. @throws SluiceError 'bad-option' for options that do not hold. */
export const identity = (options: IdentityOptions = {}): InitializerConfig =>
  make('Identity', options);
