// The `layers` namespace of the public interface.
export { concatenate } from './concatenate.js';
export { dense } from './dense.js';
export { dropout } from './dropout.js';
export { gru } from './gru.js';
export { lstm } from './lstm.js';
