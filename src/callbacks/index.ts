// The `callbacks` namespace of the public interface.
export { earlyStopping } from './early-stopping.js';
