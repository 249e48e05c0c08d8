// The `losses` namespace of the public interface.
export { crfNegativeLogLikelihood } from './crf.js';
export { categoricalCrossentropy, sparseCategoricalCrossentropy } from './crossentropy.js';
export { meanSquaredError } from './squared-error.js';
