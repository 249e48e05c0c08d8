// The `optimizers` namespace of the public interface.
export { adam } from './adam.js';
export { sgd } from './sgd.js';
