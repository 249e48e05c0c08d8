// The `layers` namespace of the public interface.
export { bidirectional } from './bidirectional.js';
export { concatenate } from './concatenate.js';
export { crf } from './crf.js';
export { dense } from './dense.js';
export { dropout } from './dropout.js';
export { embedding } from './embedding.js';
export { globalAveragePooling1D } from './global-average-pooling.js';
export { globalMaxPooling1D } from './global-max-pooling.js';
export { gru } from './gru.js';
export { indRNN } from './ind-rnn.js';
export { layerNormalization } from './layer-normalization.js';
export { lstm } from './lstm.js';
export { masking } from './masking.js';
export { minGRU, minLSTM } from './min-rnn.js';
export { averagePooling1D, maxPooling1D } from './pooling.js';
export { simpleRNN } from './simple-rnn.js';
export { slstm } from './slstm.js';
